#include "core/roster.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace drover {
namespace {

template <typename T>
using Shared = std::shared_ptr<const T>;

const ObjectKey& key_of(const Roster::Entry& entry) {
  return entry.key;
}
template <typename T>
const ObjectKey& key_of(const Shared<T>& object) {
  return object->key;
}
const Vm* object_of(const Roster::Entry& entry) {
  return entry.vm.get();
}
template <typename T>
const T* object_of(const Shared<T>& object) {
  return object.get();
}

// So many are put in one by one, each past all that come after it; more of them are met on one way through all.
constexpr std::size_t kFew = 256;

// The same as follow_table, of these keys alone.
template <typename T, typename Kept>
void follow_keys(const Table<T>& table, const std::vector<ObjectKey>& keys, std::vector<Kept>& kept, const auto& make,
                 const auto& change) {
  for (const ObjectKey& key : keys) {
    const auto old =
        std::lower_bound(kept.begin(), kept.end(), key, [](const Kept& one, const ObjectKey& k) { return key_of(one) < k; });
    const bool known = old != kept.end() && key_of(*old) == key;
    const auto now = table.find(key);
    if (now == table.end()) {
      if (!known) continue;
      change(object_of(*old), nullptr);
      kept.erase(old);
    } else if (!known) {
      change(nullptr, now->second.get());
      kept.insert(old, make(now->second));
    } else if (object_of(*old) != now->second.get()) {
      change(object_of(*old), now->second.get());
      *old = make(now->second);
    }
  }
}

// Brings what is kept of a table up to it, both by key: `change` is told of each object that went and of each that came, one of
// them null or both of one key. Nothing is read of an object that stays, and where few have changed since the mark, which is set
// anew, it is not even gone past.
template <typename T, typename Kept>
void follow_table(const Table<T>& table, const RecentChanges& changes, RecentChanges::Mark& mark, std::vector<Kept>& kept,
                  const auto& make, const auto& change) {
  const auto keys = changes.since(mark);
  mark = changes.latest();
  if (keys && keys->size() <= kFew) return follow_keys(table, *keys, kept, make, change);
  std::vector<Kept> next;
  next.reserve(table.size());
  auto old = kept.begin();
  for (const auto& [key, object] : table) {
    while (old != kept.end() && object_of(*old) != object.get() && key_of(*old) < key) change(object_of(*old++), nullptr);
    if (old != kept.end() && object_of(*old) == object.get()) {
      next.push_back(std::move(*old++));
      continue;
    }
    const bool replaced = old != kept.end() && key_of(*old) == key;
    change(replaced ? object_of(*old) : nullptr, object.get());
    if (replaced) ++old;
    next.push_back(make(object));
  }
  for (; old != kept.end(); ++old) change(object_of(*old), nullptr);
  kept = std::move(next);
}

}  // namespace

void Roster::update(const ClusterView& view) {
  std::vector<ObjectKey> changed;
  // At first every VM is new, and nothing need be looked up of those that pods and migrations are of.
  if (entries_.empty()) {
    (void)changed_by_pods(view);
    (void)changed_by_migrations(view);
  }
  follow_table(
      view.vms, view.changes.vms, marks_.vms, entries_,
      [](const Shared<Vm>& vm) {
        return Entry{.vm = vm, .key = vm->key, .is_final = vm->is_final(), .moved = vm->migration.has_value()};
      },
      [&](const Vm* old, const Vm* now) {
        if (old != nullptr) keys_.erase(old->uid);
        if (now == nullptr) return;
        changed.push_back(now->key);
        keys_[now->uid] = now->key;
      });
  for (auto&& keys : {changed_by_pods(view), changed_by_migrations(view)}) changed.insert(changed.end(), keys.begin(), keys.end());
  if (!std::is_sorted(changed.begin(), changed.end())) std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  number_nodes(view);
  const Plan nothing_moves;
  std::size_t next = 0;
  for (const ObjectKey& key : changed) {
    const bool found = next < entries_.size() && entries_[next].key == key;
    const std::size_t at = found ? next : static_cast<std::size_t>(from(key) - entries_.cbegin());
    if (at == entries_.size() || entries_[at].key != key) continue;
    Entry& entry = entries_[at];
    next = at + 1;
    entry.node = number_of(entry.vm->node);
    entry.immovable = why_immovable(view, *entry.vm, nothing_moves);
  }
  DROVER_CHECK(entries_.size() == view.vms.size() && pods_.size() == view.pods.size() &&
               migrations_.size() == view.migrations.size());
}

// Where a node came or went, those after it have other numbers.
void Roster::number_nodes(const ClusterView& view) {
  const bool same = std::equal(nodes_.begin(), nodes_.end(), view.nodes.begin(), view.nodes.end(),
                               [](const NodeEntry& entry, const auto& shown) { return entry.name == shown.first.name; });
  if (!same) nodes_.assign(view.nodes.size(), {});
  auto entry = nodes_.begin();
  for (const auto& [key, node] : view.nodes) {
    if (entry->node != node) {
      *entry = {.node = node,
                .name = key.name,
                .allocatable = {.pods = amount(node->allocatable, "pods"),
                                .cpu_milli = amount(node->allocatable, kCpu),
                                .memory_bytes = amount(node->allocatable, kMemory)},
                .schedulable = node->labels.value_or(label::kSchedulable, "") == "true",
                .zone = std::string(node->labels.value_or(label::kZone, ""))};
    }
    ++entry;
  }
  if (same) return;
  for (Entry& vm : entries_) vm.node = number_of(vm.vm->node);
}

std::size_t Roster::number_of(const std::string& node) const {
  const auto at = std::lower_bound(nodes_.begin(), nodes_.end(), node,
                                   [](const NodeEntry& entry, const std::string& name) { return entry.name < name; });
  return at != nodes_.end() && at->name == node ? static_cast<std::size_t>(at - nodes_.begin()) : kNowhere;
}

Roster::Other Roster::others_on(std::size_t node) const {
  const auto at = others_.find(nodes_.at(node).name);
  return at == others_.end() ? Other{} : at->second;
}

std::vector<ObjectKey> Roster::changed_by_pods(const ClusterView& view) {
  std::vector<ObjectKey> changed;
  const auto touch = [&](const Pod* pod) {
    if (pod == nullptr || !pod->is_launcher()) return;
    if (const auto key = keys_.find(pod->vmi_uid); key != keys_.end()) changed.push_back(key->second);
  };
  const auto count_other = [&](const Pod* pod, std::int64_t sign) {
    if (pod == nullptr || pod->is_launcher() || pod->node.empty() || pod->is_over()) return;
    Other& other = others_[pod->node];
    other.cpu_milli += sign * amount(pod->requests, kCpu);
    other.memory_bytes += sign * amount(pod->requests, kMemory);
  };
  const auto count_size = [&](const Pod* pod, std::int64_t sign) {
    if (pod == nullptr || !pod->is_launcher() || pod->node.empty() || pod->is_over()) return;
    const auto at = launcher_sizes_.try_emplace({amount(pod->requests, kCpu), amount(pod->requests, kMemory)}).first;
    at->second += sign;
    if (at->second == 0) launcher_sizes_.erase(at);
  };
  follow_table(
      view.pods, view.changes.pods, marks_.pods, pods_, [](const Shared<Pod>& pod) { return pod; },
      [&](const Pod* old, const Pod* now) {
        if (old != nullptr && old->waits_for_a_node()) waiting_.erase(old->key);
        if (now != nullptr && now->waits_for_a_node()) waiting_.emplace(now->key, view.pods.at(now->key));
        count_other(old, -1);
        count_other(now, 1);
        count_size(old, -1);
        count_size(now, 1);
        touch(old);
        touch(now);
      });
  return changed;
}

std::vector<ObjectKey> Roster::changed_by_migrations(const ClusterView& view) {
  std::vector<ObjectKey> changed;
  follow_table(
      view.migrations, view.changes.migrations, marks_.migrations, migrations_,
      [](const Shared<Migration>& migration) { return migration; },
      [&](const Migration* old, const Migration* now) {
        for (const Migration* one : {old, now}) {
          if (one != nullptr) changed.push_back(one->vm());
        }
      });
  return changed;
}

std::vector<Roster::Entry>::const_iterator Roster::from(const ObjectKey& key) const {
  return std::lower_bound(entries_.begin(), entries_.end(), key,
                          [](const Entry& entry, const ObjectKey& k) { return key_of(entry) < k; });
}

std::optional<Immovable> why_immovable_now(const ClusterView& view, const Roster::Entry& entry, const Plan& plan) {
  return plan.moves(entry.key) ? why_immovable(view, *entry.vm, plan) : entry.immovable;
}

}  // namespace drover
