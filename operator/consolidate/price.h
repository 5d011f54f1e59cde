// Price: what a node draws for its share of a pool, so that nodes of different kinds can be ranked. Where CPU is what runs out
// first that is its watts per CPU; where memory is, its watts per GiB, and what its CPU draws besides for the same work. Pure.
#pragma once

#include <vector>

#include "consolidate/pool.h"

namespace drover {

// By node: watts if it held as much of a mixture of all the VMs as it can, divided by that share of them. The lower, the sooner it
// is worth having on. What a VM wants counts once it is measured, and at least what is reserved for it.
[[nodiscard]] std::vector<double> watts_for_the_pool(const Pool& pool);

}  // namespace drover
