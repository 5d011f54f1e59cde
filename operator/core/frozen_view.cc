#include "core/frozen_view.h"

#include "model/view_index.h"

namespace drover {
namespace {

template <typename T>
std::vector<std::shared_ptr<const T>> objects_of(const Table<T>& table) {
  std::vector<std::shared_ptr<const T>> objects;
  objects.reserve(table.size());
  for (const auto& [key, object] : table) objects.push_back(object);
  return objects;
}

// Nothing is read of an object that the table shows already.
template <typename T>
void show(ClusterView& view, Table<T>& table, const std::vector<std::shared_ptr<const T>>& objects) {
  auto at = table.begin();
  const auto drop = [&] {
    take_out(view, *at->second);
    at = table.erase(at);
  };
  for (const auto& object : objects) {
    while (at != table.end() && at->second != object && at->first < object->key) drop();
    if (at != table.end() && at->second == object) {
      ++at;
      continue;
    }
    if (at != table.end() && at->first == object->key) {
      take_out(view, *at->second);
      at++->second = object;
    } else {
      table.emplace_hint(at, object->key, object);
    }
    enter(view, *object);
  }
  while (at != table.end()) drop();
}

// The same of objects that do not know their keys, and stand in no index.
template <typename T>
void show(Table<T>& table, const std::vector<std::pair<ObjectKey, std::shared_ptr<const T>>>& objects) {
  auto at = table.begin();
  for (const auto& [key, object] : objects) {
    while (at != table.end() && at->first < key) at = table.erase(at);
    if (at != table.end() && at->first == key) {
      at++->second = object;
    } else {
      table.emplace_hint(at, key, object);
    }
  }
  table.erase(at, table.end());
}

}  // namespace

FrozenView::FrozenView(const ClusterView& view)
    : vms_(objects_of(view.vms)),
      pods_(objects_of(view.pods)),
      migrations_(objects_of(view.migrations)),
      claims_(view.volume_claims.begin(), view.volume_claims.end()),
      volumes_(view.volumes.begin(), view.volumes.end()) {
  small_.nodes = view.nodes;
  small_.disruption_budgets = view.disruption_budgets;
  small_.namespaces = view.namespaces;
  small_.kubevirt_policies = view.kubevirt_policies;
  small_.policies = view.policies;
  small_.power_profiles = view.power_profiles;
  small_.csi_nodes = view.csi_nodes;
  small_.known_volumes = view.known_volumes;
  small_.kubevirt = view.kubevirt;
  small_.platform = view.platform;
  small_.limits = view.limits;
  small_.time_zones = view.time_zones;
}

ClusterView FrozenView::thaw() const {
  ClusterView view;
  thaw_into(view);
  return view;
}

void FrozenView::thaw_into(ClusterView& view) const {
  view.nodes = small_.nodes;
  view.disruption_budgets = small_.disruption_budgets;
  view.namespaces = small_.namespaces;
  view.kubevirt_policies = small_.kubevirt_policies;
  view.policies = small_.policies;
  view.power_profiles = small_.power_profiles;
  view.csi_nodes = small_.csi_nodes;
  view.known_volumes = small_.known_volumes;
  view.kubevirt = small_.kubevirt;
  view.platform = small_.platform;
  view.limits = small_.limits;
  view.time_zones = small_.time_zones;
  show(view, view.vms, vms_);
  show(view, view.pods, pods_);
  show(view, view.migrations, migrations_);
  show(view.volume_claims, claims_);
  show(view.volumes, volumes_);
}

}  // namespace drover
