#include "model/cluster_view.h"

#include <algorithm>
#include <tuple>

namespace drover {
namespace {

template <typename T>
const T* lookup(const Table<T>& table, const ObjectKey& key) {
  const auto at = table.find(key);
  return at == table.end() ? nullptr : at->second.get();
}

}  // namespace

const Node* ClusterView::node(const std::string& name) const {
  return lookup(nodes, {"", name});
}

const Vm* ClusterView::vm(const ObjectKey& key) const {
  return lookup(vms, key);
}

bool ClusterView::handler_is_ill(const std::string& node) const {
  const auto handlers = handlers_by_node.find(node);
  return handlers == handlers_by_node.end() ? !handlers_by_node.empty() : handlers->second.ready == 0;
}

const Policy* ClusterView::policy(const PolicyRef& ref) const {
  const Policy* found = lookup(policies, ref.key);
  return found != nullptr && found->ref.uid == ref.uid ? found : nullptr;
}

std::vector<const Migration*> ClusterView::migrations_of(const ObjectKey& vm) const {
  std::vector<const Migration*> found;
  const auto keys = migrations_by_vm.find(vm);
  if (keys == migrations_by_vm.end()) return found;
  for (const ObjectKey& key : keys->second) {
    if (const Migration* migration = lookup(migrations, key)) found.push_back(migration);
  }
  std::sort(found.begin(), found.end(), [](const Migration* a, const Migration* b) {
    return std::tie(b->created, b->key.name) < std::tie(a->created, a->key.name);
  });
  return found;
}

const PowerProfile* ClusterView::power_profile(const Node& node) const {
  const PowerProfile* best = nullptr;
  for (const auto& [key, profile] : power_profiles) {
    if (profile->nodes.matches(node.labels) && (best == nullptr || profile->priority > best->priority)) best = profile.get();
  }
  return best;
}

PowerModel ClusterView::power_model(const Node& node) const {
  const PowerProfile* profile = power_profile(node);
  return profile != nullptr ? profile->model : PowerModel{};
}

std::optional<NodeDriver> ClusterView::power_driver(const Node& node) const {
  const PowerProfile* profile = power_profile(node);
  if (profile == nullptr || profile->driver == PowerDriverKind::None) return std::nullopt;
  const auto own = [](const auto& table, const std::string& name) { return table.find({"", name})->second; };
  return NodeDriver{own(power_profiles, profile->name), own(nodes, node.name)};
}

}  // namespace drover
