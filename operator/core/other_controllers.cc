#include "core/other_controllers.h"

#include <algorithm>

namespace drover {

void mention_other_controllers(const ClusterView& view, std::vector<std::string>& remarks) {
  const auto is_told = [](const auto& entry) {
    const auto& told = entry.second->marks.told;
    return std::find(told.begin(), told.end(), "cluster.x-k8s.io/skip-remediation") != told.end();
  };
  if (std::any_of(view.nodes.begin(), view.nodes.end(), is_told))
    remarks.emplace_back(
        "Machines of sleeping nodes are annotated cluster.x-k8s.io/skip-remediation for Cluster API's MachineHealthChecks");
  for (const auto& [role, pods] : view.neighbours) {
    switch (role) {
      case PodRole::ClusterAutoscaler:
        remarks.emplace_back(
            "cluster-autoscaler runs here: sleeping nodes are marked scale-down-disabled for it, and with more than 45 % of nodes "
            "not "
            "ready it does nothing at all (--max-total-unready-percentage)");
        break;
      case PodRole::Descheduler:
        remarks.emplace_back(
            "the descheduler runs here: its RemovePodsViolatingNodeTaints evicts from nodes that are only cordoned, so exclude "
            "node.kubernetes.io/unschedulable (excludedTaints)");
        break;
      case PodRole::Kured:
        remarks.emplace_back("kured runs here: a node that is woken may be rebooted at once, before it serves");
        break;
      case PodRole::NodeHealthCheck:
        remarks.emplace_back(
            "node-healthcheck-operator runs here: sleeping nodes are excluded from its remediation and yet count as unhealthy "
            "against "
            "its minHealthy");
        break;
      default: break;
    }
  }
}

}  // namespace drover
