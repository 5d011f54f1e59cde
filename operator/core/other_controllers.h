// Who else acts on nodes and pods in this cluster, as its pods show, and what that means for nodes that sleep. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/cluster_view.h"

namespace drover {

// A sentence for each, for people; nothing for those that are not there.
void mention_other_controllers(const ClusterView& view, std::vector<std::string>& remarks);

}  // namespace drover
