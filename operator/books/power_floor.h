// The least that a data centre can draw at one moment: a bound that no plan can go below, whoever makes it. VMs are taken to be
// divisible and to move at no cost, nodes to boot at none, and each resource to be the only one that runs out; the largest of the
// bounds that this gives counts. So the true least lies above it. Pure.
#pragma once

#include <vector>

#include "model/power.h"

namespace drover {

// Of a node, what VMs can use of it, and of all VMs together, what they take. CPU in any one unit, memory in bytes.
struct Takings {
  double cpu = 0;
  double memory = 0;
  double pods = 0;
};

struct FloorNode {
  Takings room;  // what of its CPU may be wanted at most, and what of its memory and its pods may be reserved
  const PowerModel* power = nullptr;
};

// Watts. `wanted`: the CPU that is in use now, the memory that is reserved, the pods that are there. A node that is not needed
// draws its standby power. Where the VMs are more than all nodes hold, all are on
// and serve what they can.
[[nodiscard]] double floor_watts(const std::vector<FloorNode>& nodes, const Takings& wanted);

}  // namespace drover
