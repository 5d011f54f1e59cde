// A data centre with an office's week: some VMs for good, many that come in the morning of a working day and go in the evening,
// some at night. And observers: how long arrivals wait until they run, and what was drawn, summed up apart from the books.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/simulation.h"

namespace drover::bench {

struct Office {
  std::size_t nodes = 12;
  std::size_t vms_a_node = 7;
  double night = 0.15;  // share of the nodes' room that is taken at night, and
  double day = 0.7;     // on a working day
  int days = 28;
  std::uint64_t seed = 1;
};

[[nodiscard]] sim::Scenario office_week(const Office& office);

// Consolidation of the whole cluster; with further fields of spec.consolidation.powerDown, such as ", forecast: None", and of
// spec.consolidation, such as ", reserve: 0".
[[nodiscard]] std::vector<Policy> consolidation(const std::string& power_down, const std::string& more = "");

// From a VM's arrival until it runs.
class Waits final : public sim::Observer {
 public:
  explicit Waits(Instant from) : from_(from) {}
  void after_event(const sim::Simulation& sim) override;

  struct Figures {
    std::size_t arrivals = 0;
    double mean = 0;  // seconds, as the next
    double p99 = 0;
    double p99_but_first = 0;  // without those that waited for a wake before which none began for an hour
    std::size_t waited = 0;    // for a node
  };
  // Of those that arrived from `from` on.
  [[nodiscard]] Figures figures() const;

 private:
  struct Wait {
    Instant arrived{};
    double seconds = 0;
  };
  Instant from_;
  std::size_t seen_ = 0;
  std::vector<std::size_t> open_;
  std::vector<Wait> waits_;
  std::vector<std::pair<Instant, Instant>> first_wakes_;  // from the order until the node serves
  std::map<std::size_t, std::size_t> booting_;            // node -> its place in first_wakes_
  std::set<std::size_t> boots_;                           // nodes that boot
  Instant last_wake_{};
};

// Integrates what all machines draw, event by event.
class Meter final : public sim::Observer {
 public:
  void after_event(const sim::Simulation& sim) override;
  [[nodiscard]] double joules() const { return static_cast<double>(joules_); }
  // Of that, what no VM caused: nodes that are not on, and idle ones without a VM.
  [[nodiscard]] double unassigned() const { return static_cast<double>(unassigned_); }

 private:
  Instant since_{};
  double watts_ = 0;
  double unassigned_watts_ = 0;
  long double joules_ = 0;
  long double unassigned_ = 0;
};

}  // namespace drover::bench
