// The node knapsack: the most nodes that can be emptied such that their VM counts sum to at most t and the nodes that remain hold
// the demand of both resources.
//
// First its linear relaxation by its dual: any prices of the three constraints bound the number from above, and the best prices are
// sought with the ellipsoid method, which in three dimensions takes the same few hundred steps for any instance. Then, within a
// budget of steps, whether whole nodes can do what shares of nodes do; when the budget ends, the bound stays that of the
// relaxation.
#pragma once

#include <cstdint>
#include <vector>

#include "placement/instance.h"

namespace drover::placement {

// What is scarce, in emptied nodes.
struct Prices {
  double move = 0;    // of a VM moved
  double cpu = 0;     // of a millicore given up
  double memory = 0;  // of a MiB given up
};

struct Knapsack {
  int most_emptied = 0;
  Prices prices;  // of the relaxation
};

// `counts`: the VMs of each node. The nodes' capacity must hold the demand of both.
[[nodiscard]] Knapsack solve_knapsack(const Instance& instance, const std::vector<int>& counts);

}  // namespace drover::placement
