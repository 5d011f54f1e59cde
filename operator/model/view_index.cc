#include "model/view_index.h"

namespace drover {
namespace {

template <typename Key>
void enter_key(std::map<Key, std::set<ObjectKey>>& index, const Key& at, const ObjectKey& key) {
  index[at].insert(key);
}

// Leaves no empty set behind: an index says the same as one that is built anew.
template <typename Key>
void take_out_key(std::map<Key, std::set<ObjectKey>>& index, const Key& at, const ObjectKey& key) {
  const auto found = index.find(at);
  if (found == index.end()) return;
  found->second.erase(key);
  if (found->second.empty()) index.erase(found);
}

void count(PodsTotal& total, const Pod& pod, std::int64_t sign) {
  total.pods += sign;
  total.cpu_milli += sign * amount(pod.requests, kCpu);
  total.memory_bytes += sign * amount(pod.requests, kMemory);
}

void count(NodeHandlers& on, const Pod& pod, int sign) {
  on.pods += sign;
  if (*pod.handler_ready && !pod.terminating) on.ready += sign;
}

void count(NodePods& on, const Pod& pod, std::int64_t sign) {
  if (pod.role == PodRole::ControlPlane) on.control_plane += static_cast<int>(sign);
  if (pod.role == PodRole::Storage && !pod.is_over()) on.storage += static_cast<int>(sign);
  if (!pod.is_over()) count(on.all, pod, sign);
  if (pod.is_launcher() && !pod.is_over()) count(on.launchers, pod, sign);
  if (pod.is_workload()) count(on.workloads, pod, sign);
}

void count_neighbour(ClusterView& view, const Pod& pod, int sign) {
  if (pod.role < PodRole::ClusterAutoscaler) return;
  int& pods = view.neighbours[pod.role];
  pods += sign;
  if (pods == 0) view.neighbours.erase(pod.role);
}

// The one node that reaches the volume, by its hostname; "": there are several, or it cannot be told.
std::string only_host_of(const Volume& volume) {
  if (volume.traits == nullptr || !volume.traits->node_affinity || volume.traits->node_affinity->size() != 1) return {};
  for (const Requirement& requirement : volume.traits->node_affinity->front().expressions) {
    if (requirement.key == label::kHostname && requirement.op == Requirement::Operator::In && requirement.values.size() == 1)
      return requirement.values.front();
  }
  return {};
}

}  // namespace

template <>
void enter(ClusterView& view, const ObjectKey& key, const Vm& vm) {
  view.changes.vms.note(key);
  if (!vm.node.empty()) enter_key(view.vms_by_node, vm.node, key);
}

template <>
void take_out(ClusterView& view, const ObjectKey& key, const Vm& vm) {
  view.changes.vms.note(key);
  if (!vm.node.empty()) take_out_key(view.vms_by_node, vm.node, key);
}

template <>
void enter(ClusterView& view, const ObjectKey& key, const Pod& pod) {
  view.changes.pods.note(key);
  if (pod.is_launcher()) enter_key(view.pods_by_vmi_uid, pod.vmi_uid, key);
  if (pod.keeps_others_away()) view.pods_with_anti_affinity.insert(key);
  count_neighbour(view, pod, 1);
  if (pod.node.empty()) return;
  enter_key(view.pods_by_node, pod.node, key);
  add(view.requests_by_node[pod.node], pod.requests);
  if (!pod.claims.empty()) view.claims_by_node[pod.node] += pod.claims.size();
  count(view.totals_by_node[pod.node], pod, 1);
  if (pod.handler_ready) count(view.handlers_by_node[pod.node], pod, 1);
}

template <>
void take_out(ClusterView& view, const ObjectKey& key, const Pod& pod) {
  view.changes.pods.note(key);
  if (pod.is_launcher()) take_out_key(view.pods_by_vmi_uid, pod.vmi_uid, key);
  view.pods_with_anti_affinity.erase(key);
  count_neighbour(view, pod, -1);
  if (pod.node.empty()) return;
  take_out_key(view.pods_by_node, pod.node, key);
  if (const auto claims = view.claims_by_node.find(pod.node); claims != view.claims_by_node.end()) {
    claims->second -= pod.claims.size();
    if (claims->second == 0) view.claims_by_node.erase(claims);
  }
  if (const auto handlers = view.handlers_by_node.find(pod.node); pod.handler_ready && handlers != view.handlers_by_node.end()) {
    count(handlers->second, pod, -1);
    if (handlers->second.pods == 0) view.handlers_by_node.erase(handlers);
  }
  const auto requests = view.requests_by_node.find(pod.node);
  if (requests == view.requests_by_node.end()) return;
  subtract(requests->second, pod.requests);
  count(view.totals_by_node[pod.node], pod, -1);
  // Where no pod is left nothing is requested; elsewhere a zero says the same as no entry.
  if (view.pods_by_node.contains(pod.node)) return;
  view.requests_by_node.erase(requests);
  view.totals_by_node.erase(pod.node);
}

template <>
void enter(ClusterView& view, const ObjectKey& key, const Migration& migration) {
  view.changes.migrations.note(key);
  enter_key(view.migrations_by_vm, migration.vm(), key);
}

template <>
void take_out(ClusterView& view, const ObjectKey& key, const Migration& migration) {
  view.changes.migrations.note(key);
  take_out_key(view.migrations_by_vm, migration.vm(), key);
}

template <>
void enter(ClusterView& view, const ObjectKey& key, const VolumeClaim& /*claim*/) {
  view.changes.volume_claims.note(key);
}

template <>
void take_out(ClusterView& view, const ObjectKey& key, const VolumeClaim& /*claim*/) {
  view.changes.volume_claims.note(key);
}

template <>
void enter(ClusterView& view, const ObjectKey& key, const Volume& volume) {
  view.changes.volumes.note(key);
  if (const std::string host = only_host_of(volume); !host.empty()) enter_key(view.volumes_by_node, host, key);
}

template <>
void take_out(ClusterView& view, const ObjectKey& key, const Volume& volume) {
  view.changes.volumes.note(key);
  if (const std::string host = only_host_of(volume); !host.empty()) take_out_key(view.volumes_by_node, host, key);
}

}  // namespace drover
