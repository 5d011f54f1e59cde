#include "core/plan.h"

#include <utility>

namespace drover {
namespace {

const Pod* target_pod(const ClusterView& view, const Vm& vm, const Migration& migration) {
  const auto keys = view.pods_by_vmi_uid.find(vm.uid);
  if (keys == view.pods_by_vmi_uid.end()) return nullptr;
  for (const ObjectKey& key : keys->second) {
    const auto pod = view.pods.find(key);
    if (pod != view.pods.end() && pod->second->migration_uid == migration.uid && !pod->second->is_over()) return pod->second.get();
  }
  return nullptr;
}

// The node that the migration's hostname selector names: nearly always the one of that name.
std::string node_of_hostname(const ClusterView& view, const std::string& hostname) {
  const auto has_it = [&](const Node* node) {
    const std::string* own = node == nullptr ? nullptr : node->labels.find(label::kHostname);
    return own != nullptr && *own == hostname;
  };
  if (has_it(view.node(hostname))) return hostname;
  for (const auto& [key, node] : view.nodes) {
    if (has_it(node.get())) return node->name;
  }
  return {};
}

PolicyRef policy_of(const Migration& migration) {
  PolicyRef ref;
  ref.uid = migration.labels.value_or(mark::kPolicyUid, "");
  const std::string_view name = migration.annotations.value_or(mark::kPolicy, "");
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) {
    ref.key.name = name;
  } else {
    ref.key = {std::string(name.substr(0, slash)), std::string(name.substr(slash + 1))};
  }
  return ref;
}

// What KubeVirt itself says comes first (the hand-over names both nodes, a bound pod the target), then what was asked for.
PlannedMove planned(const ClusterView& view, const Migration& migration) {
  PlannedMove move;
  move.vm = migration.vm();
  move.ours = migration.labels.find(mark::kPolicyUid) != nullptr;
  if (move.ours) {
    move.policy = policy_of(migration);
    move.source = migration.annotations.value_or(mark::kSource, "");
    move.target = migration.annotations.value_or(mark::kTarget, "");
  } else {
    // KubeVirt takes it up when it likes, or never; what has gone so far of ours is in the queue for us to wait for.
    move.queued = !migration.is_running();
    if (const std::string* hostname = migration.added_node_selector.find(label::kHostname))
      move.target = node_of_hostname(view, *hostname);
  }
  const Vm* vm = view.vm(move.vm);
  if (vm == nullptr) return move;
  if (vm->migration && vm->migration->migration_uid == migration.uid) {
    move.source = vm->migration->source_node;
    move.target = vm->migration->target_node;
  }
  if (move.source.empty()) move.source = vm->node;
  const Pod* pod = target_pod(view, *vm, migration);
  if (pod != nullptr && !pod->node.empty()) {
    move.target = pod->node;
    move.room_taken = true;
  }
  return move;
}

// Two migrations of one VM can be there for a moment (two creates that raced). The one that has got further is the move.
bool further(const Migration& a, const Migration& b) {
  if (a.is_running() != b.is_running()) return a.is_running();
  if (a.created != b.created) return a.created < b.created;
  return a.key < b.key;
}

}  // namespace

Plan::Plan(const ClusterView& view) {
  for (const auto& [vm, keys] : view.migrations_by_vm) {
    const Migration* chosen = nullptr;
    for (const ObjectKey& key : keys) {
      const auto migration = view.migrations.find(key);
      if (migration == view.migrations.end() || migration->second->is_final()) continue;
      if (chosen == nullptr || further(*migration->second, *chosen)) chosen = migration->second.get();
    }
    if (chosen != nullptr) add(planned(view, *chosen));
  }
}

void Plan::add(PlannedMove move) {
  ObjectKey key = move.vm;
  const auto [at, added] = moves_.try_emplace(std::move(key), std::move(move));
  if (!added || at->second.queued) return;
  ++total_;
  if (!at->second.source.empty()) ++outbound_[at->second.source];
  if (!at->second.target.empty()) ++inbound_[at->second.target];
}

const PlannedMove* Plan::find(const ObjectKey& vm) const {
  const auto at = moves_.find(vm);
  return at == moves_.end() ? nullptr : &at->second;
}

std::int64_t Plan::outbound(const std::string& node) const {
  const auto at = outbound_.find(node);
  return at == outbound_.end() ? 0 : at->second;
}

std::int64_t Plan::inbound(const std::string& node) const {
  const auto at = inbound_.find(node);
  return at == inbound_.end() ? 0 : at->second;
}

}  // namespace drover
