// Relief: a placement in which nodes hold more than they can, cured with the fewest moves found (the second fallback of the energy
// paper's placement controller: where more than t changes are needed, the smallest number that makes the placement feasible).
//
// Moves that are left within t then go into packing. Thread safety: none needed; it shares nothing.
#pragma once

#include "placement/search.h"

namespace drover::placement {

// For an instance with an overloaded node. Where no cure was found, the moves are those that help and Plan::feasible is false.
[[nodiscard]] Plan relieve(const Instance& instance, const SearchOptions& options);

}  // namespace drover::placement
