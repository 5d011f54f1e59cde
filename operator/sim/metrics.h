// Metrics: the simulated Prometheus, at the MetricSource port. Answers what the core samples from the true world, as of the last
// scrape that can be read.
//
// Signals of a captured cluster say what they said then. Others: kubevirtMetric signals are answered for running VMs; PromQL,
// a signal by name or a guest's report is not something that the simulated world knows, and is answered with an Error that says so.
//
// Thread safety: none.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "model/use.h"
#include "ports/metric_source.h"
#include "sim/data_center.h"

namespace drover::sim {

class Metrics final : public MetricSource {
 public:
  Metrics(const Scenario& scenario, EventQueue& queue, const DataCenter& world);

  // With a resolution: scrapes from now on.
  void begin();

  // What a simulated Prometheus does not honour in a question, for people.
  [[nodiscard]] std::vector<std::string> not_honoured(const Signal& signal) const;
  // `now` is the time for whoever asks: figures are as old by its clock as they are.
  [[nodiscard]] Result<SignalTable> sample(const Signal& signal, Instant now, std::stop_token stop) override;
  [[nodiscard]] Result<UseTable> sample_use(Instant now, std::stop_token stop) override;

 private:
  using Tables = std::array<SignalTable, 3>;  // by KubeVirtMetric
  struct Scrape {
    UseTable use;
    Tables signals;
  };
  [[nodiscard]] Result<SignalTable> signal_of(const Signal& signal);
  [[nodiscard]] std::vector<const SimVm*> measured_now() const;
  [[nodiscard]] UseTable use_now(const std::vector<const SimVm*>& measured) const;
  [[nodiscard]] SignalTable signal_now(const std::vector<const SimVm*>& measured, KubeVirtMetric metric) const;
  // The newest that can be read, or null.
  [[nodiscard]] const Scrape* readable();
  void scrape_on();

  const MetricsSettings settings_;
  const std::vector<CapturedSignal>& captured_;
  EventQueue& queue_;
  const DataCenter& world_;
  std::deque<Scrape> scrapes_;  // oldest first; none without a resolution
};

}  // namespace drover::sim
