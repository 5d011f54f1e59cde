// CloudSim 4.0's own consolidation policies, as the peers that Drover is measured beside: a host is overloaded above a static
// threshold (THR) or when a line through its last ten samples foretells so (LR); VMs leave it by minimum migration time (MMT: least
// memory first); hosts are emptied from the least used on; a VM goes where power rises least.
//
// As CloudSim does it, oddities included: the regression has no weights, a host that is off looks as cheap as one that runs, and
// memory is not looked at (unless Rules::memory_always). Deterministic. Thread safety: none.
#pragma once

#include <deque>
#include <vector>

#include "papers/cloudsim_world.h"

namespace drover::papers {

class ReferencePolicy {
 public:
  enum class Overload { Threshold, LocalRegression };

  // `parameter`: the threshold (0.8), or the factor on the foretold use (1.2).
  ReferencePolicy(World& world, Overload kind, double parameter) : world_(world), kind_(kind), parameter_(parameter) {}

  // Where VMs run before the first frame: power-aware best fit by what they may use at most. False when one fits nowhere.
  bool boot();
  // The moves of a frame. The world stands at its beginning.
  [[nodiscard]] std::vector<HostMove> decide();

 private:
  // What a host has left and has given away, were the VMs on it those of the plan.
  struct Share {
    double available = 0;
    double allocated = 0;
  };
  void remember();
  void share(int host);
  [[nodiscard]] std::vector<int>& plan(int host) { return plan_[static_cast<std::size_t>(host)]; }
  [[nodiscard]] bool overloaded(int host, int newcomer = -1) const;
  [[nodiscard]] bool foretold(int host, int newcomer, bool& known) const;
  [[nodiscard]] bool memory_fits(int host, int vm) const;
  [[nodiscard]] int find_host(int vm, const std::vector<char>& excluded) const;
  [[nodiscard]] std::vector<int> shed(const std::vector<int>& hosts);
  void by_demand(std::vector<int>& vms) const;
  [[nodiscard]] int least_used(const std::vector<char>& excluded) const;
  [[nodiscard]] bool evacuate(int host, const std::vector<char>& excluded, std::vector<HostMove>& moves);

  World& world_;
  Overload kind_;
  double parameter_;
  double clock_ = 0.1;
  std::vector<std::deque<double>> history_;  // of use by VM, newest first
  std::vector<std::vector<int>> plan_;       // VMs by host
  std::vector<Share> share_;
};

}  // namespace drover::papers
