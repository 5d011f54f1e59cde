// What a node had when it was switched off and must have again before it serves: the CSI drivers that had registered, and the
// DaemonSets' pods that were Ready without which nothing should run there (Pod::node_service). The kubelet keeps its CSINode while
// it is off, so the pods of the drivers are what shows that they are back; a driver that is gone from it is waited for. Pure.
#pragma once

#include <string>

#include "model/cluster_view.h"

namespace drover {

// As the view shows it now, into csi_drivers and services.
void remember_services(const ClusterView& view, const Node& node, NodeMarks& marks);

// What the node had before and has not yet again, or "". What no other node has any more was taken out of the cluster meanwhile and
// is not waited for.
[[nodiscard]] std::string missing_service(const ClusterView& view, const Node& node);

}  // namespace drover
