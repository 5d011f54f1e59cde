// The market bound: the most nodes that can be emptied when room counts only where whole VMs can use it.
//
// Let every VM that moves pay a fee to the budget of moves and, from the node it leaves to the node that takes it, the price of its
// size. An emptied node gains 1 and pays for all its VMs; a kept node earns what VMs it takes and pays for those it gives away, as
// well as it can within its own room of both resources. What nodes pay each other cancels out, and at most t fees are paid: so, at
// any fee and prices, no plan empties more nodes than t fees and the best that each node can do by itself come to (the Lagrangian
// dual of the placement, Geoffrion 1974). What a node can do by itself is a choice of its own VMs to keep, found by branching, and
// a knapsack of two dimensions in the room they leave, the same for all nodes (room_worth.h). Where the node knapsack (knapsack.h)
// mixes spare CPU of one node with spare memory of another, this bound does not. The lowest bound is sought by a subgradient method
// from the node knapsack's prices.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "placement/instance.h"
#include "placement/knapsack.h"

namespace drover::placement {

struct Market {
  int most_emptied = 0;
  // Of each node kept, in emptied nodes: below 1, emptying it gains. Empty where there is none, or no time.
  std::vector<double> worth;
  std::int64_t work = 0;  // steps of branching that it took, some 25 ns each
};

// VMs of more sizes than this have no market: its prices would take too long to find.
inline constexpr std::size_t kMostSizes = 32;

// `prices`: the node knapsack's; `known`: nodes that a plan empties, so that a lower bound is not sought. Out of time, the bound is
// the lowest found so far, and there is no worth; after `most_work` it is that, too. No node may be overloaded.
[[nodiscard]] Market solve_market(const Instance& instance, const Prices& prices, int known,
                                  const std::function<bool()>& out_of_time,
                                  std::int64_t most_work = std::numeric_limits<std::int64_t>::max());

}  // namespace drover::placement
