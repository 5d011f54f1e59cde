// Lower bounds on the nodes that any plan with at most t moves leaves in use, whatever its order.
//
// - capacity: the largest nodes, as many as it takes to hold the demand of either resource;
// - counting: emptying a node moves all its VMs, so the emptied nodes' VM counts sum to at most t;
// - node knapsack: both at once (knapsack.h).
//
// These are had at once; market.h has one that is higher and takes longer.
#pragma once

#include "placement/instance.h"
#include "placement/knapsack.h"

namespace drover::placement {

struct LowerBounds {
  int capacity = 0;
  int counting = 0;
  int knapsack = 0;
  Prices prices;

  [[nodiscard]] int best() const;
};

[[nodiscard]] LowerBounds lower_bounds(const Instance& instance);

}  // namespace drover::placement
