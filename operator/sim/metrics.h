// Metrics: the simulated Prometheus. Answers what the core samples from the true world, as of the last scrape that can be read.
//
// Signals of a captured cluster say what they said then. Others: kubevirtMetric signals are answered for running VMs; a PromQL
// query or a guest's report is not something that the simulated world knows, and is answered with an Error that says so.
//
// Thread safety: none.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <vector>

#include "model/use.h"
#include "sim/data_center.h"

namespace drover::sim {

class Metrics {
 public:
  Metrics(const Scenario& scenario, EventQueue& queue, const DataCenter& world);

  // With a resolution: scrapes from now on.
  void begin();

  [[nodiscard]] Result<SignalTable> sample(const PolicyRef& policy, const Signal& signal);
  [[nodiscard]] Result<UseTable> use();

 private:
  using Tables = std::array<SignalTable, 3>;  // by KubeVirtMetric
  struct Scrape {
    UseTable use;
    Tables signals;
  };
  [[nodiscard]] std::vector<const SimVm*> measured_now() const;
  [[nodiscard]] UseTable use_now(const std::vector<const SimVm*>& measured) const;
  [[nodiscard]] SignalTable signal_now(const std::vector<const SimVm*>& measured, KubeVirtMetric metric) const;
  // The newest that can be read, or null.
  [[nodiscard]] const Scrape* readable();
  void scrape_on();

  const MetricsSettings settings_;
  const std::map<ObjectKey, SignalTable>& captured_;  // by policy: what signals said in a captured cluster, and say still
  EventQueue& queue_;
  const DataCenter& world_;
  std::deque<Scrape> scrapes_;  // oldest first; none without a resolution
};

}  // namespace drover::sim
