#include "reflect/store.h"

#include <algorithm>
#include <utility>

#include "model/view_index.h"

namespace drover::reflect {
namespace {

template <typename T>
using Shared = std::shared_ptr<const T>;

// The table that shows the objects of a type, of a view that may be const.
template <typename T, typename View>
auto& table(View& view) {
  if constexpr (std::is_same_v<T, Node>) return view.nodes;
  if constexpr (std::is_same_v<T, Vm>) return view.vms;
  if constexpr (std::is_same_v<T, Pod>) return view.pods;
  if constexpr (std::is_same_v<T, Migration>) return view.migrations;
  if constexpr (std::is_same_v<T, DisruptionBudget>) return view.disruption_budgets;
  if constexpr (std::is_same_v<T, Namespace>) return view.namespaces;
  if constexpr (std::is_same_v<T, KubeVirtMigrationPolicy>) return view.kubevirt_policies;
  if constexpr (std::is_same_v<T, Policy>) return view.policies;
  if constexpr (std::is_same_v<T, PowerProfile>) return view.power_profiles;
  if constexpr (std::is_same_v<T, VolumeClaim>) return view.volume_claims;
  if constexpr (std::is_same_v<T, Volume>) return view.volumes;
  if constexpr (std::is_same_v<T, CsiNode>) return view.csi_nodes;
  if constexpr (std::is_same_v<T, NodeLease>) return view.node_leases;
}

template <typename T>
bool remove_from(ClusterView& view, const ObjectKey& key) {
  Table<T>& objects = table<T>(view);
  const auto at = objects.find(key);
  if (at == objects.end()) return false;
  take_out(view, key, *at->second);
  objects.erase(at);
  return true;
}

template <typename T>
bool put_into(ClusterView& view, const ObjectKey& key, Shared<T> object) {
  Table<T>& objects = table<T>(view);
  const auto [at, fresh] = objects.try_emplace(key);
  if (!fresh) {
    if (at->second == object || *at->second == *object) return false;
    take_out(view, key, *at->second);
  }
  at->second = std::move(object);
  enter(view, key, *at->second);
  return true;
}

// A pod that is over holds no room and no VM: the view doesn't show it.
template <typename T>
bool is_shown(const T& /*object*/) {
  return true;
}
bool is_shown(const Pod& pod) {
  return !pod.is_over();
}

template <typename T>
void add_keys(const Table<T>& objects, std::set<ObjectKey>& keys) {
  for (const auto& [key, object] : objects) keys.insert(keys.end(), key);
}

template <typename T>
void share(const Table<T>& objects, const ObjectKey& key, Shared<T>& object) {
  const auto at = objects.find(key);
  if (at != objects.end() && *at->second == *object) object = at->second;
}

}  // namespace

Store::Store(std::set<Kind> required) : unsynced_(std::move(required)) {
  view_.platform = platform_of(view_.kubevirt);
}

bool Store::apply(Delta delta) {
  const auto listing = listing_.find(delta.kind);
  switch (delta.type) {
    case Delta::Type::Problem: return note_problem(delta.kind, delta.error);
    case Delta::Type::Recovered: return set_known(delta.kind, true);
    case Delta::Type::RelistBegin: listing_[delta.kind].clear(); return false;
    case Delta::Type::Upsert:
      if (listing == listing_.end()) return put(std::move(delta.object));
      share_with_shown(delta.object);
      listing->second.push_back(std::move(delta.object));
      return false;
    case Delta::Type::Delete:
      DROVER_CHECK(listing == listing_.end());  // a watch begins after the list
      return remove(delta.kind, delta.object.key);
    case Delta::Type::RelistEnd: {
      DROVER_CHECK(listing != listing_.end());
      std::vector<Object> list = std::move(listing->second);
      listing_.erase(listing);
      unsynced_.erase(delta.kind);
      const bool known_now = set_known(delta.kind, true);
      return show_list(delta.kind, std::move(list)) || known_now;
    }
  }
  return false;
}

// A kind that may stay unknown is waited for until it is listed or the server says that it cannot be.
bool Store::note_problem(Kind kind, const Error& error) {
  const bool refused = (error.cls == ErrorClass::Denied && error.http_status != 401) || error.cls == ErrorClass::NotFound;
  if (!refused || !may_stay_unknown(kind)) return false;  // a 401 says nothing of this kind: it is for who asks
  unsynced_.erase(kind);
  return set_known(kind, false);
}

bool Store::set_known(Kind kind, bool known) {
  switch (kind) {
    case Kind::VolumeClaim: return std::exchange(view_.known_volumes.claims, known) != known;
    case Kind::Volume: return std::exchange(view_.known_volumes.volumes, known) != known;
    case Kind::CsiNode: return std::exchange(view_.known_volumes.csi_nodes, known) != known;
    default: return false;
  }
}

bool Store::show_list(Kind kind, std::vector<Object> list) {
  bool changed = false;
  std::set<ObjectKey> gone = shown(kind);
  for (const Object& object : list) gone.erase(object.key);
  for (const ObjectKey& key : gone) changed = remove(kind, key) || changed;
  for (Object& object : list) changed = put(std::move(object)) || changed;
  return changed;
}

bool Store::put(Object object) {
  return std::visit(
      [&]<typename T>(Shared<T>& value) {
        if constexpr (std::is_same_v<T, KubeVirt>) {
          kubevirts_[object.key] = std::move(value);
          return show_kubevirt();
        } else {
          return is_shown(*value) ? put_into<T>(view_, object.key, std::move(value)) : remove_from<T>(view_, object.key);
        }
      },
      object.value);
}

bool Store::remove(Kind kind, const ObjectKey& key) {
  switch (kind) {
    case Kind::Node: return remove_from<Node>(view_, key);
    case Kind::Pod: return remove_from<Pod>(view_, key);
    case Kind::Namespace: return remove_from<Namespace>(view_, key);
    case Kind::DisruptionBudget: return remove_from<DisruptionBudget>(view_, key);
    case Kind::Vm: return remove_from<Vm>(view_, key);
    case Kind::Migration: return remove_from<Migration>(view_, key);
    case Kind::KubeVirtPolicy: return remove_from<KubeVirtMigrationPolicy>(view_, key);
    case Kind::Policy:
    case Kind::ClusterPolicy: return remove_from<Policy>(view_, key);
    case Kind::PowerProfile: return remove_from<PowerProfile>(view_, key);
    case Kind::VolumeClaim: return remove_from<VolumeClaim>(view_, key);
    case Kind::Volume: return remove_from<Volume>(view_, key);
    case Kind::CsiNode: return remove_from<CsiNode>(view_, key);
    case Kind::NodeLease: return remove_from<NodeLease>(view_, key);
    case Kind::KubeVirt: kubevirts_.erase(key); return show_kubevirt();
  }
  return false;
}

// There should be one KubeVirt object. Of several, the first that KubeVirt's operator has taken up (has a phase) counts.
bool Store::show_kubevirt() {
  KubeVirt chosen;
  for (const auto& [key, kubevirt] : kubevirts_) {
    if (!chosen.present || (chosen.phase.empty() && !kubevirt->phase.empty())) chosen = *kubevirt;
  }
  if (chosen == view_.kubevirt) return false;
  view_.platform = platform_of(chosen);
  view_.limits = limits_of(chosen);
  view_.kubevirt = std::move(chosen);
  return true;
}

std::set<ObjectKey> Store::shown(Kind kind) const {
  std::set<ObjectKey> keys;
  switch (kind) {
    case Kind::Node: add_keys(view_.nodes, keys); break;
    case Kind::Pod: add_keys(view_.pods, keys); break;
    case Kind::Namespace: add_keys(view_.namespaces, keys); break;
    case Kind::DisruptionBudget: add_keys(view_.disruption_budgets, keys); break;
    case Kind::Vm: add_keys(view_.vms, keys); break;
    case Kind::Migration: add_keys(view_.migrations, keys); break;
    case Kind::KubeVirt: add_keys(kubevirts_, keys); break;
    case Kind::KubeVirtPolicy: add_keys(view_.kubevirt_policies, keys); break;
    case Kind::PowerProfile: add_keys(view_.power_profiles, keys); break;
    case Kind::VolumeClaim: add_keys(view_.volume_claims, keys); break;
    case Kind::Volume: add_keys(view_.volumes, keys); break;
    case Kind::CsiNode: add_keys(view_.csi_nodes, keys); break;
    case Kind::NodeLease: add_keys(view_.node_leases, keys); break;
    case Kind::Policy:
    case Kind::ClusterPolicy:  // one table for both, told apart by the namespace
      add_keys(view_.policies, keys);
      std::erase_if(keys, [&](const ObjectKey& key) { return key.ns.empty() != (kind == Kind::ClusterPolicy); });
      break;
  }
  return keys;
}

void Store::share_with_shown(Object& object) const {
  std::visit(
      [&]<typename T>(Shared<T>& value) {
        if constexpr (!std::is_same_v<T, KubeVirt>) {
          share(table<T>(view_), object.key, value);
        }
      },
      object.value);
}

void Store::set_time_zone(TimeZone zone) {
  std::string name = zone.name;
  view_.time_zones.insert_or_assign(std::move(name), std::move(zone));
}

std::set<std::string> Store::missing_time_zones() const {
  std::set<std::string> missing;
  const auto need = [&](const Window& window) {
    if (!view_.time_zones.contains(window.time_zone)) missing.insert(window.time_zone);
  };
  for (const auto& [key, policy] : view_.policies) {
    for (const Window& window : policy->spec.schedule) need(window);
    for (const Budget& budget : policy->spec.budgets) {
      if (budget.window) need(*budget.window);
    }
    const auto* consolidation = std::get_if<ConsolidationSettings>(&policy->spec.settings);
    if (consolidation != nullptr && consolidation->power_down.wake_test) need(consolidation->power_down.wake_test->window);
  }
  return missing;
}

}  // namespace drover::reflect
