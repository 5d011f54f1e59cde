// What the strategies of the papers share: nodes that must be had for VMs that wait, and nodes that are not needed.
//
// A retiring node is taken back before a sleeping one is woken; what is awake stays so for a while. Pure.
#pragma once

#include "consolidate/draft.h"
#include "model/policy.h"

namespace drover {

// The node to take back for a VM: one where it fits within `limit`; first those that only retire, then those that drain, then those
// that are empty already; of these the one with most room. -1: there is none.
[[nodiscard]] int node_to_take_back(const Draft& draft, int vm, double limit);

// The sleeping node to wake for a VM: of those where it fits the one that draws least for its CPU at full use. -1: there is none.
[[nodiscard]] int node_to_wake(const Draft& draft, int vm, double limit);

// A node that is waking already and where the VM fits, or -1.
[[nodiscard]] int waking_node(const Draft& draft, int vm, double limit);

// Sees to it that each VM that waits for a node has one: an open one, one taken back, one that is waking, one woken.
void admit_waiting(Draft& draft);

// How many nodes without a VM are lacking to the reserve: what is emptied up to there saves nothing.
[[nodiscard]] int lacks_of_reserve(const Draft& draft, const ConsolidationSettings& settings);

// Retires nodes on which nothing runs, and puts empty ones to sleep, but for the reserve; wakes what the reserve lacks. A node must
// have been Active for the retirement threshold before it retires, and Empty for powerDown.after before it sleeps.
void order_empty(Draft& draft, const ConsolidationSettings& settings);

}  // namespace drover
