// Placement::Plan: a placement in the making, judged by aggregate demand. Part of placement.h, in two files for its length.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "consolidate/placement.h"
#include "placement/instance.h"

namespace drover {

class Placement::Plan {
 public:
  Plan(const Pool& pool, const DemandTraces& traces, const ConsolidationSettings& settings);

  Draft draft;

  [[nodiscard]] const Trace& trace(int vm) const { return (*traces_)[static_cast<std::size_t>(vm)]; }
  // Peak of the aggregate demand as a share of what the node has, of the scarcer resource.
  [[nodiscard]] double load(int node) const;
  [[nodiscard]] double load_with(int node, int vm) const;
  [[nodiscard]] double load_without(int node, int vm) const;
  [[nodiscard]] bool overloaded(int node) const { return load(node) > limit_ + kRounding; }
  // What its VMs want is measured, and has been often enough.
  [[nodiscard]] bool known(int node) const;
  // By the peak of what its VMs want, or, while some of them are hardly known, by what is measured now; not where too little is.
  [[nodiscard]] bool needs_relief(int node) const;
  // The node is open, the VM may run there, and the node holds it without being overloaded.
  [[nodiscard]] bool takes(int node, int vm) const;
  // Of the nodes that take it, in use if asked, the one that it leaves the least room; -1: none.
  [[nodiscard]] int tightest(int vm, bool in_use) const;
  [[nodiscard]] bool may_move(int vm) const;

  void move(int vm, int node, bool relief, std::string reason);

  // What the search is asked; `sizes` from 0 (means) to 1 (peaks). VMs of the instance are those of `vm_of` in order, and then
  // stand-ins that keep nodes from being emptied.
  struct Question {
    placement::Instance instance;
    std::vector<int> node_of;  // by node of the instance
    std::vector<int> vm_of;    // by VM of the instance, without the stand-ins
  };
  [[nodiscard]] Question question(double sizes) const;

 private:
  static constexpr double kRounding = 1e-9;

  [[nodiscard]] bool may_be_emptied(int node) const;
  [[nodiscard]] std::int64_t fewest_to_empty() const;
  [[nodiscard]] Amounts size_of(int vm, double sizes) const;
  [[nodiscard]] Amounts room_on(int node, const Amounts& sizes) const;
  [[nodiscard]] double share(const Amounts& peak, int node) const;

  double limit_;
  std::int64_t most_moves_;
  std::shared_ptr<const std::vector<Trace>> traces_;  // by VM; copies of a plan share them
  std::vector<Aggregate> demand_;                     // by node, those on their way to it included
  std::vector<Amounts> reserved_;                     // by node
  std::vector<Amounts> measured_;                     // by node, what is measured of demand
  std::vector<char> foretold_;                        // by node, whether all of its VMs have been seen often enough
  std::vector<char> runs_everywhere_;                 // by VM
};

}  // namespace drover
