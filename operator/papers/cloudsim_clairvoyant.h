// A strategy that knows the traces: what could be had if the next six hours were known. A heuristic, so not a bound: nodes are
// emptied as long as the true peak of what is then on each of the others stays within it, and a VM leaves a node before that is
// overloaded.
//
// Works only in CloudSim's world, whose VMs are named by their number (cloudsim_drover.h). Thread safety: none.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "consolidate/strategy.h"
#include "papers/cloudsim_world.h"

namespace drover::papers {

class Clairvoyant : public Strategy {
 public:
  explicit Clairvoyant(const World& world);

  [[nodiscard]] Advice advise(const Pool& pool) override;
  [[nodiscard]] int place(const Pool& pool, int vm) override;

 private:
  static constexpr int kAhead = 72;  // frames
  using Future = std::vector<float>;
  struct Plan {
    std::vector<int> at;               // node by VM
    std::vector<std::vector<int>> on;  // VMs by node
    std::vector<Future> wanted;        // by node: MIPS in the frames to come
    std::vector<double> memory;        // held on each node, leaving VMs' too
  };
  [[nodiscard]] Plan look(const Pool& pool) const;
  [[nodiscard]] int target(const Pool& pool, const Plan& plan, int vm, int from, int frames, double limit, bool wake) const;
  void move(const Pool& pool, Plan& plan, int vm, int node) const;
  void relieve(const Pool& pool, Plan& plan) const;
  void pack(const Pool& pool, Plan& plan) const;

  std::vector<Future> days_;   // by number of the VM: MIPS in each frame, none once it has completed
  std::vector<Future> ahead_;  // by VM of the pool
  std::map<std::string, int> arrivals_;
};

}  // namespace drover::papers
