#include "core/node_services.h"

#include <algorithm>
#include <optional>

namespace drover {
namespace {

std::string service_of(const Pod& pod) {
  return to_string(ObjectKey{pod.key.ns, pod.node_service});
}

// Of the service's pods on the node whether one is Ready; empty: there is none.
std::optional<bool> is_ready_on(const ClusterView& view, const std::string& node, const std::string& service) {
  std::optional<bool> ready;
  const auto pods = view.pods_by_node.find(node);
  if (pods == view.pods_by_node.end()) return ready;
  for (const ObjectKey& key : pods->second) {
    const auto pod = view.pods.find(key);
    if (pod == view.pods.end() || pod->second->node_service.empty() || service_of(*pod->second) != service) continue;
    ready = ready.value_or(false) || (pod->second->ready && !pod->second->terminating);
  }
  return ready;
}

// Whether a pod of it is Ready on a node in service: pods of nodes that sleep are left as they were.
bool serves_elsewhere(const ClusterView& view, const std::string& service) {
  return std::any_of(view.pods.begin(), view.pods.end(), [&](const auto& entry) {
    const Pod& pod = *entry.second;
    if (pod.node_service.empty() || !pod.ready || pod.terminating || service_of(pod) != service) return false;
    const Node* node = view.node(pod.node);
    return node != nullptr && node->ready && node->marks.life == NodeLife::Active;
  });
}

}  // namespace

void remember_services(const ClusterView& view, const Node& node, NodeMarks& marks) {
  marks.csi_drivers.clear();
  marks.services.clear();
  if (const auto csi = view.csi_nodes.find({"", node.name}); csi != view.csi_nodes.end())
    marks.csi_drivers.assign(csi->second->drivers.begin(), csi->second->drivers.end());
  const auto pods = view.pods_by_node.find(node.name);
  if (pods == view.pods_by_node.end()) return;
  std::set<std::string> services;
  for (const ObjectKey& key : pods->second) {
    const auto pod = view.pods.find(key);
    if (pod != view.pods.end() && !pod->second->node_service.empty() && pod->second->ready)
      services.insert(service_of(*pod->second));
  }
  marks.services.assign(services.begin(), services.end());
}

std::string missing_service(const ClusterView& view, const Node& node) {
  for (const std::string& driver : node.marks.csi_drivers) {
    if (!view.known_volumes.csi_nodes) break;  // nothing is judged by what cannot be read
    const auto has = [&](const auto& entry) { return entry.second->drivers.contains(driver); };
    const auto own = view.csi_nodes.find({"", node.name});
    if (own != view.csi_nodes.end() && has(*own)) continue;
    if (std::any_of(view.csi_nodes.begin(), view.csi_nodes.end(), has))
      return "CSI driver " + driver + " has not registered on it again (CSINode " + node.name + ")";
  }
  for (const std::string& service : node.marks.services) {
    const auto ready = is_ready_on(view, node.name, service);
    if (ready.value_or(false)) continue;
    if (ready && serves_elsewhere(view, service)) return "the pod of DaemonSet " + service + " on it is not Ready";
    if (ready) continue;
    if (serves_elsewhere(view, service)) return "DaemonSet " + service + " has no pod on it yet";
  }
  return {};
}

}  // namespace drover
