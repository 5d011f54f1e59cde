#include "sim/api.h"

#include <utility>

namespace drover::sim {
namespace {

using reflect::Delta;

constexpr const char* kKubeVirtName = "kubevirt";

std::set<Kind> no_kinds() {
  return {};
}

template <typename T>
void change(Api& api, const Table<T>& table, const ObjectKey& key, const std::function<void(T&)>& edit) {
  const auto at = table.find(key);
  if (at == table.end()) return;
  T value = *at->second;
  edit(value);
  api.put(std::move(value));
}

template <typename T>
void list(const Table<T>& table, Kind kind, std::vector<Delta>& deltas) {
  deltas.push_back({.kind = kind, .type = Delta::Type::RelistBegin, .object = {}, .error = {}});
  for (const auto& [key, value] : table) {
    deltas.push_back({.kind = kind, .type = Delta::Type::Upsert, .object = {key, value}, .error = {}});
  }
  deltas.push_back({.kind = kind, .type = Delta::Type::RelistEnd, .object = {}, .error = {}});
}

}  // namespace

Api::Api() : store_(no_kinds()) {}

void Api::put(Node node) {
  ObjectKey key{"", node.name};
  tell(Kind::Node, Delta::Type::Upsert, {std::move(key), std::make_shared<const Node>(std::move(node))});
}
void Api::put(Vm vm) {
  ObjectKey key = vm.key;
  tell(Kind::Vm, Delta::Type::Upsert, {std::move(key), std::make_shared<const Vm>(std::move(vm))});
}
void Api::put(Pod pod) {
  ObjectKey key = pod.key;
  tell(Kind::Pod, Delta::Type::Upsert, {std::move(key), std::make_shared<const Pod>(std::move(pod))});
}
void Api::put(Migration migration) {
  ObjectKey key = migration.key;
  tell(Kind::Migration, Delta::Type::Upsert, {std::move(key), std::make_shared<const Migration>(std::move(migration))});
}
void Api::put(Policy policy) {
  ObjectKey key = policy.ref.key;
  const Kind kind = policy.ref.cluster_wide() ? Kind::ClusterPolicy : Kind::Policy;
  tell(kind, Delta::Type::Upsert, {std::move(key), std::make_shared<const Policy>(std::move(policy))});
}
void Api::put(Namespace ns) {
  ObjectKey key{"", ns.name};
  tell(Kind::Namespace, Delta::Type::Upsert, {std::move(key), std::make_shared<const Namespace>(std::move(ns))});
}
void Api::put(PowerProfile profile) {
  ObjectKey key{"", profile.name};
  tell(Kind::PowerProfile, Delta::Type::Upsert, {std::move(key), std::make_shared<const PowerProfile>(std::move(profile))});
}
void Api::put(KubeVirt kubevirt) {
  tell(Kind::KubeVirt, Delta::Type::Upsert,
       {{kKubeVirtName, kKubeVirtName}, std::make_shared<const KubeVirt>(std::move(kubevirt))});
}

void Api::remove(Kind kind, const ObjectKey& key) {
  tell(kind, Delta::Type::Delete, {key, {}});
}

void Api::change_node(const std::string& name, const std::function<void(Node&)>& edit) {
  change<Node>(*this, view().nodes, {"", name}, edit);
}
void Api::change_vm(const ObjectKey& key, const std::function<void(Vm&)>& edit) {
  change<Vm>(*this, view().vms, key, edit);
}
void Api::change_pod(const ObjectKey& key, const std::function<void(Pod&)>& edit) {
  change<Pod>(*this, view().pods, key, edit);
}
void Api::change_migration(const ObjectKey& key, const std::function<void(Migration&)>& edit) {
  change<Migration>(*this, view().migrations, key, edit);
}
void Api::change_policy(const ObjectKey& key, const std::function<void(Policy&)>& edit) {
  change<Policy>(*this, view().policies, key, edit);
}

// Watchers hear of it only if it changes something; they share the object with the server.
void Api::tell(Kind kind, Delta::Type type, Object object) {
  const Delta delta{.kind = kind, .type = type, .object = std::move(object), .error = {}};
  if (!store_.apply(delta)) return;
  if (kind == Kind::Node) ++node_versions_[delta.object.key.name];
  for (const Watch& watch : watches_) watch(delta);
}

std::uint64_t Api::version_of_node(const std::string& name) const {
  const auto at = node_versions_.find(name);
  return at != node_versions_.end() ? at->second : 0;
}

std::vector<Delta> lists_of(const ClusterView& view) {
  std::vector<Delta> deltas;
  list(view.nodes, Kind::Node, deltas);
  list(view.pods, Kind::Pod, deltas);
  list(view.namespaces, Kind::Namespace, deltas);
  list(view.disruption_budgets, Kind::DisruptionBudget, deltas);
  list(view.vms, Kind::Vm, deltas);
  list(view.migrations, Kind::Migration, deltas);
  list(view.kubevirt_policies, Kind::KubeVirtPolicy, deltas);
  list(view.power_profiles, Kind::PowerProfile, deltas);
  list(view.volume_claims, Kind::VolumeClaim, deltas);
  list(view.volumes, Kind::Volume, deltas);
  list(view.csi_nodes, Kind::CsiNode, deltas);
  list(view.node_leases, Kind::NodeLease, deltas);
  Table<Policy> owners;
  Table<Policy> cluster_wide;
  for (const auto& [key, policy] : view.policies) (key.ns.empty() ? cluster_wide : owners).emplace(key, policy);
  list(owners, Kind::Policy, deltas);
  list(cluster_wide, Kind::ClusterPolicy, deltas);
  Table<KubeVirt> kubevirts;
  if (view.kubevirt.present) {
    kubevirts.emplace(ObjectKey{kKubeVirtName, kKubeVirtName}, std::make_shared<const KubeVirt>(view.kubevirt));
  }
  list(kubevirts, Kind::KubeVirt, deltas);
  return deltas;
}

}  // namespace drover::sim
