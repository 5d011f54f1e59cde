// What Balanced decides in one round, before it is put into words (balanced_service.cc and
// balanced_packing.cc decide, balanced_advice.cc writes).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "consolidate/balanced.h"

namespace drover {

struct Balanced::Step {
  enum class Why { Relief, Growth, Packing, Evening };
  int vm = -1;
  Why why = Why::Packing;
  int from = -1;
};

// Why a node with VMs is not emptied.
struct Balanced::Bound {
  enum class Kind { None, KeptOn, Overloaded, Immovable, Price, Stabilizing, Risk, Unknown, Reserve };
  Kind kind = Kind::None;
  std::string why;
};

// In which order nodes without VMs, or on their way out, are put to use; -1: not at all.
[[nodiscard]] int rank_of_spare(const Packing& packing, int node);
// Of nodes without a VM, how many stay on.
[[nodiscard]] int reserve_of(const ConsolidationSettings& settings, const Packing& plan);

struct Balanced::Round {
  explicit Round(Packing packing)
      : plan(std::move(packing)), hot(plan.pool().nodes.size(), 0), leaving(hot), taken_back(hot), bounds(hot.size()) {}

  Packing plan;
  std::vector<char> hot;         // by node: it is overloaded, so it receives nothing
  std::vector<char> leaving;     // by node: it is being emptied
  std::vector<char> taken_back;  // by node: it was retired, and cannot be emptied
  std::vector<Bound> bounds;     // by node
  std::vector<int> stuck;        // overloaded nodes whose VMs fit nowhere
  std::vector<int> hopeless;     // overloaded nodes that a move would relieve for a while only, and make others worse for longer
  std::vector<Step> steps;       // in order; the targets stand in the plan
};

}  // namespace drover
