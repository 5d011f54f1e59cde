// What Balanced decides in one round, before it is put into words (balanced.cc decides, balanced_advice.cc writes).
#pragma once

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

struct Balanced::Round {
  explicit Round(Packing packing) : plan(std::move(packing)), hot(plan.pool().nodes.size(), 0), leaving(hot), taken_back(hot) {}

  Packing plan;
  std::vector<char> hot;         // by node: it is overloaded, so it receives nothing
  std::vector<char> leaving;     // by node: it is being emptied
  std::vector<char> taken_back;  // by node: it was retired, and cannot be emptied
  std::vector<int> stuck;        // overloaded nodes whose VMs fit nowhere
  std::vector<Step> steps;       // in order; the targets stand in the plan
};

}  // namespace drover
