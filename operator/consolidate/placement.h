// Placement: the workload placement controller (energy paper, section 3.1). A set of VMs fits on a node if the peak of their
// aggregate historical demand does (demand_traces.h), of CPU and of memory; a genetic search (placement/search.h) asks for the
// fewest nodes with at most t = settings.max_moves moves from the current placement, at which it begins.
//
// The search adds sizes up, and peaks do not add up. So each VM has a size between its mean (0) and its peak (1), and what the
// search answers is checked against the aggregates; if it does not hold, the sizes grow, and when it does, the next round tries
// smaller ones. With means no plan that holds is missed, with peaks nearly every plan holds. Notes report nodes, bound and gap; the
// bound is that of the sizes.
//
// Before that, overload: a node whose aggregate peak is above settings.overload gives away as few VMs as cure it (the paper's
// second fallback: the smallest number of changes for a feasible placement, even more than t); for what finds no room a node is
// taken back, else woken. After it, load levelling: where no node can be saved, VMs go from the most to the least loaded node in
// use while that takes at least kGain off and their loads differ by more than kUneven.
//
// A plan that would empty no more nodes than the reserve lacks is not made. VMs that may not run on every node of the pool are left
// where they are, and their nodes on.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "consolidate/demand_traces.h"
#include "consolidate/draft.h"
#include "consolidate/strategy.h"

namespace drover {

class Placement final : public Strategy {
 public:
  explicit Placement(const ConsolidationSettings& settings) : settings_(settings) {}

  static constexpr double kUneven = 0.25;  // shares of a node
  static constexpr double kGain = 0.05;

  [[nodiscard]] Advice advise(const Pool& pool) override;
  // The fullest node that is open and in use where it fits, else the first open one; if there is none, a retiring node, which its
  // caller takes back.
  [[nodiscard]] int place(const Pool& pool, int vm) override;

 private:
  class Plan;
  enum class Opened { No, Soon, Now };
  struct Planned {
    int vm;
    int target;
  };

  [[nodiscard]] bool relieve(Plan& plan) const;
  [[nodiscard]] int best_to_leave(const Plan& plan, int node) const;
  [[nodiscard]] Opened open_a_node(Plan& plan, int vm) const;
  static void by_node(const Plan& plan, std::vector<Planned>& moves);
  bool adopt(Plan& plan, const std::vector<Planned>& moves, const std::string& why, std::set<int>& emptied) const;
  void consolidate(Plan& plan);
  void level(Plan& plan) const;

  static constexpr int kSizeSteps = 5;

  const ConsolidationSettings settings_;
  DemandTraces traces_;
  int size_step_ = kSizeSteps;  // where between mean and peak the sizes stood in the last round
};

}  // namespace drover
