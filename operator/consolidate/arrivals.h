// Where VMs that arrive together had best run while nothing but their reservations is known.
//
// Nodes are filled one after another, the most efficient first, each with as many VMs as it holds, and among so many with those
// that reserve most CPU. The fullest nodes are the ones that a later packing keeps, so that the VMs on them need not be moved
// again. Pure.
#pragma once

#include <map>
#include <string>

#include "consolidate/pool.h"

namespace drover {

// Nodes by uid, of those VMs of the pool that wait (node -1) and find room on a node that is Active and receives.
[[nodiscard]] std::map<std::string, int> lay_out_arrivals(const Pool& pool);

// Whether the node is on, takes VMs, and has room for what is reserved for this one.
[[nodiscard]] bool can_arrive(const Pool& pool, int vm, int node);

}  // namespace drover
