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

template <typename T>
void show(ClusterView& view, Table<T>& table, const std::vector<std::shared_ptr<const T>>& objects) {
  for (const auto& object : objects) {
    table.emplace_hint(table.end(), object->key, object);
    enter(view, *object);
  }
}

}  // namespace

FrozenView::FrozenView(const ClusterView& view)
    : vms_(objects_of(view.vms)), pods_(objects_of(view.pods)), migrations_(objects_of(view.migrations)) {
  small_.nodes = view.nodes;
  small_.disruption_budgets = view.disruption_budgets;
  small_.namespaces = view.namespaces;
  small_.kubevirt_policies = view.kubevirt_policies;
  small_.policies = view.policies;
  small_.power_profiles = view.power_profiles;
  small_.volume_claims = view.volume_claims;
  small_.volumes = view.volumes;
  small_.csi_nodes = view.csi_nodes;
  small_.known_volumes = view.known_volumes;
  small_.kubevirt = view.kubevirt;
  small_.platform = view.platform;
  small_.limits = view.limits;
  small_.time_zones = view.time_zones;
}

ClusterView FrozenView::thaw() const {
  ClusterView view = small_;
  show(view, view.vms, vms_);
  show(view, view.pods, pods_);
  show(view, view.migrations, migrations_);
  return view;
}

}  // namespace drover
