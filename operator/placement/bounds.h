// Lower bounds on the nodes that any plan with at most t moves leaves in use, whatever its order.
//
// - capacity: the largest nodes, as many as it takes to hold the demand of either resource;
// - counting: emptying a node moves all its VMs, so the emptied nodes' VM counts sum to at most t;
// - node knapsack: both at once: the most nodes that can be emptied such that their VM counts sum to at most t and the rest holds
//   the demand of both resources. Its linear relaxation, rounded, by its dual: any prices of the three constraints give a bound,
//   and the best prices are sought. At 5,000 nodes it takes milliseconds.
#pragma once

#include <vector>

#include "placement/instance.h"

namespace drover::placement {

// What a VM moved, and a share of each resource's room given up, are worth in emptied nodes where the knapsack is tight.
struct Prices {
  double move = 0;
  double cpu = 0;     // for all of the nodes' CPU
  double memory = 0;  // for all of their memory
};

struct Bounds {
  int capacity = 0;
  int counting = 0;
  int knapsack = 0;
  Prices prices;

  [[nodiscard]] int best() const;
};

[[nodiscard]] Bounds lower_bounds(const Instance& instance);

}  // namespace drover::placement
