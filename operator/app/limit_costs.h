// What each limit in the policies costs: the same world simulated once more without it. Pure, but for the simulations.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/simulation.h"

namespace drover {

// One limit that at least one of the policies has, and the policies without it.
struct LiftedLimit {
  std::string name;  // as in the API: "spec.schedule"
  std::vector<Policy> policies;
};
[[nodiscard]] std::vector<LiftedLimit> lift_each_limit(const std::vector<Policy>& policies);

struct LimitCost {
  std::string name;
  double joules = 0;    // that were drawn with all limits, less what is drawn without this one
  double unserved = 0;  // share of CPU not served without it, less the share with all limits
};

// `run` simulates the world under the policies; it is asked once for each limit. `base` is with all of them. The dearest first.
[[nodiscard]] std::vector<LimitCost> cost_of_limits(const std::vector<Policy>& policies, const sim::Report& base,
                                                    const std::function<sim::Report(const std::vector<Policy>&)>& run);

// A JSON array of objects.
[[nodiscard]] std::string json_of(const std::vector<LimitCost>& costs);
// For people: a line each.
[[nodiscard]] std::string text_of(const std::vector<LimitCost>& costs);

}  // namespace drover
