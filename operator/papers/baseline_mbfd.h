// MBFD, modified best fit decreasing (Beloglazov and Buyya, FGCS 28(5) 2012, algorithm 1): VMs by falling demand of CPU, each to
// the host whose power rises least by it, with no host above a share of its CPU. For benchmarks only; no policy can name it.
//
// A host without VMs draws nothing, so that one more in use counts with its idle power. Where the power rises alike, the host with
// the least room comes first, then the one of lowest index. Pure.
#pragma once

#include <vector>

#include "consolidate/strategy.h"

namespace drover::papers {

// Which VMs are where while a plan is made: the demand of CPU on each host.
class HostLoads {
 public:
  explicit HostLoads(const Pool& pool);  // as things are

  void take_off(int vm);
  void put_on(int vm, int host);
  [[nodiscard]] int host_of(int vm) const { return host_.at(static_cast<std::size_t>(vm)); }
  [[nodiscard]] double cpu(int host) const { return cpu_.at(static_cast<std::size_t>(host)); }
  [[nodiscard]] bool in_use(int host) const { return count_.at(static_cast<std::size_t>(host)) > 0; }

 private:
  const Pool& pool_;
  std::vector<int> host_;
  std::vector<double> cpu_;
  std::vector<int> count_;
};

// Puts the VMs, which were taken off the plan, on hosts none of which then exceeds `cap` of its CPU. One for which there is no room
// stays where it runs.
void place_mbfd(const Pool& pool, HostLoads& plan, std::vector<int> vms, double cap);

// The moves from where the VMs are to where the plan has them.
[[nodiscard]] std::vector<Relocation> moves_of(const Pool& pool, const HostLoads& plan);

}  // namespace drover::papers
