// The order in which a new placement can be reached: each move, when it starts, finds room at its target; its source is free of the
// VM only after it.
//
// Moves to nodes that give nothing away can always go first; the others wait until enough has left. Where that goes round in a
// circle (a swap between two full nodes), a VM of the circle steps aside: it is left where it is, or named as stuck.
#pragma once

#include <vector>

#include "base/random.h"
#include "placement/instance.h"

namespace drover::placement {

struct Ordered {
  std::vector<Move> moves;  // at most one for each VM
  std::vector<int> stuck;   // VMs whose move can't be made after these
};

// `at` is the node of each VM at the end; it must not overload any node.
[[nodiscard]] Ordered order_moves(const Instance& instance, const std::vector<int>& at, SeededRandom& random);

}  // namespace drover::placement
