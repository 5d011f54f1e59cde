#include "core/frozen_view.h"

#include "base/check.h"
#include "model/view_index.h"

namespace drover {
namespace {

// A copy of the key beside the object would cost more than the reference to it.
template <typename T>
constexpr bool kKnowsItsKey = requires(const T& object) {
  object.key;
};

template <typename T>
typename Table<T>::iterator drop(ClusterView& view, Table<T>& table, typename Table<T>::iterator at) {
  take_out(view, at->first, *at->second);
  return table.erase(at);
}

// Nothing is read of an object that the table shows already.
template <typename T>
void put(ClusterView& view, Table<T>& table, typename Table<T>::iterator at, const ObjectKey& key,
         const std::shared_ptr<const T>& object) {
  if (at == table.end() || at->first != key) {
    table.emplace_hint(at, key, object);
  } else if (at->second != object) {
    take_out(view, key, *at->second);
    at->second = object;
  } else {
    return;
  }
  enter(view, key, *object);
}

}  // namespace

template <typename T>
FrozenView::Part<T>::Part(const Table<T>& table, const RecentChanges& changes, const RecentChanges::Mark& marked) {
  auto changed = changes.since(marked);
  now = changes.latest();
  if (changed) {
    since = marked;
    keys_ = std::move(*changed);
    for (const ObjectKey& key : keys_) {
      const auto at = table.find(key);
      objects_.push_back(at == table.end() ? nullptr : at->second);
    }
    return;
  }
  objects_.reserve(table.size());
  for (const auto& [key, object] : table) {
    if constexpr (!kKnowsItsKey<T>) keys_.push_back(key);
    objects_.push_back(object);
  }
}

template <typename T>
const ObjectKey& FrozenView::Part<T>::key(std::size_t i) const {
  if constexpr (kKnowsItsKey<T>) {
    if (objects_[i]) return objects_[i]->key;
  }
  return keys_[i];
}

template <typename T>
void FrozenView::Part<T>::show_in(ClusterView& view, Table<T>& table, const RecentChanges::Mark& shown) const {
  if (!since.table) return show_all(view, table);
  DROVER_CHECK(shown.table == since.table && shown.count == since.count);
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    const auto at = table.lower_bound(key(i));
    if (objects_[i]) {
      put(view, table, at, key(i), objects_[i]);
    } else if (at != table.end() && at->first == key(i)) {
      drop(view, table, at);
    }
  }
}

template <typename T>
void FrozenView::Part<T>::show_all(ClusterView& view, Table<T>& table) const {
  auto at = table.begin();
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    while (at != table.end() && at->first < key(i)) at = drop(view, table, at);
    const bool known = at != table.end() && at->first == key(i);
    put(view, table, at, key(i), objects_[i]);
    if (known) ++at;
  }
  while (at != table.end()) at = drop(view, table, at);
}

FrozenView::FrozenView(const ClusterView& view, const ViewMarks& since)
    : vms_(view.vms, view.changes.vms, since.vms),
      pods_(view.pods, view.changes.pods, since.pods),
      migrations_(view.migrations, view.changes.migrations, since.migrations),
      volume_claims_(view.volume_claims, view.changes.volume_claims, since.volume_claims),
      volumes_(view.volumes, view.changes.volumes, since.volumes) {
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
  ThawedView thawed;
  thaw_into(thawed);
  return std::move(thawed.view);
}

void FrozenView::thaw_into(ThawedView& thawed) const {
  ClusterView& view = thawed.view;
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
  vms_.show_in(view, view.vms, thawed.marks.vms);
  pods_.show_in(view, view.pods, thawed.marks.pods);
  migrations_.show_in(view, view.migrations, thawed.marks.migrations);
  volume_claims_.show_in(view, view.volume_claims, thawed.marks.volume_claims);
  volumes_.show_in(view, view.volumes, thawed.marks.volumes);
  thawed.marks = {vms_.now, pods_.now, migrations_.now, volume_claims_.now, volumes_.now};
}

}  // namespace drover
