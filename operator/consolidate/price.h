// Price: what a node draws for its share of a pool, so that nodes of different kinds can be ranked. Where CPU is what runs out
// first that is its watts per CPU; where memory is, its watts per GiB, and what its CPU draws besides for the same work. Pure.
#pragma once

#include <string>
#include <vector>

#include "consolidate/packing.h"
#include "consolidate/pool.h"
#include "consolidate/strategy.h"

namespace drover {

// By node: watts if it held as much of a mixture of all the VMs as it can, divided by that share of them. The lower, the sooner it
// is worth having on. What a VM wants counts once it is measured, and at least what is reserved for it.
[[nodiscard]] std::vector<double> watts_for_the_pool(const Pool& pool);

// Why nothing is saved by these moves off the node: what the targets draw more for them is no less than
// what the node draws less once it is off, in watts, as far as they are all of its VMs. "" when something is, or none is moved.
[[nodiscard]] std::string why_it_draws_more_elsewhere(const Packing& plan, int node, const std::vector<Relocation>& moves);

}  // namespace drover
