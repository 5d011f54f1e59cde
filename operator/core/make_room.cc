#include "core/make_room.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "core/hands.h"
#include "core/node_power.h"

namespace drover {
namespace {

constexpr Duration kUntilSeen = minutes{1};        // that a node is back
constexpr Duration kSaidAfter = minutes{2};        // what waits for less may only have come
constexpr Duration kSchedulerTakes = seconds{30};  // until it has tried a node that serves again

bool is_the_same(const Scheduling* a, const Scheduling* b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

// Written by KubeVirt's labeller and by others at each start of a node.
bool changes_by_itself(std::string_view name) {
  return name == label::kSchedulable || is_told(name) || name.starts_with("cpu-timer.node.kubevirt.io/") ||
         name.starts_with("scheduling.node.kubevirt.io/tsc-frequency-") || name.ends_with(".timestamp");
}

// What only people change: not readiness, cordons, nor what comes and goes with a node's power.
std::uint64_t hash_of(const ClusterView& view) {
  std::uint64_t hash = kHashSeed;
  const auto put = [&](std::string_view text) { hash = stable_hash("\n", stable_hash(text, hash)); };
  for (const auto& [key, node] : view.nodes) {
    put(node->uid);
    for (const auto& [name, value] : node->labels) {
      if (changes_by_itself(name)) continue;
      put(name);
      put(value);
    }
    for (const Taint& taint : node->taints) {
      if (is_condition(taint)) continue;
      put(taint.key);
      put(taint.value);
    }
    // Not memory, which differs by a little from boot to boot.
    for (const auto name : {kCpu, std::string_view("pods")}) put(std::to_string(amount(node->allocatable, name)));
  }
  return hash;
}

// What pods may still request there, "pods" among it.
Resources room_on(const ClusterView& view, const Node& node) {
  Resources room = node.allocatable;
  if (const auto taken = view.requests_by_node.find(node.name); taken != view.requests_by_node.end()) subtract(room, taken->second);
  if (const auto pods = view.pods_by_node.find(node.name); pods != view.pods_by_node.end())
    room["pods"] -= static_cast<std::int64_t>(pods->second.size());
  return room;
}

// KubeVirt's devices are told of while virt-handler runs; a node that sleeps may have none.
bool fits(const Pod& pod, const Node& node, const Resources& room) {
  if (amount(room, "pods") < 1) return false;
  return std::all_of(pod.requests.begin(), pod.requests.end(), [&](const auto& request) {
    if (!node.ready && request.first.starts_with("devices.kubevirt.io/")) return true;
    return request.first == "pods" || request.second <= 0 || request.second <= amount(room, request.first);
  });
}

void take(Resources& room, const Pod& pod) {
  subtract(room, pod.requests);
  --room["pods"];
}

bool is_ours(const Node& node, const std::string& policy_uid) {
  return node.marks.life != NodeLife::Active && node.marks.policy_uid == policy_uid;
}

// It can be brought back: whether it is on or asleep.
bool can_come_back(const ClusterView& view, const Node& node, const std::string& policy_uid, Instant now) {
  if (!is_ours(node, policy_uid) || (node.unschedulable && !node.marks.cordoned) || !held_by_others(node).empty()) return false;
  std::optional<Instant> due;
  if (!leased_to_others(view, node, now, due).empty()) return false;
  const NodeLife life = node.marks.life;
  const bool on = life == NodeLife::Retiring || life == NodeLife::Draining || life == NodeLife::Empty;
  return (on && node.ready) || life == NodeLife::Asleep;
}

bool takes_pods(const Node& node) {
  return node.marks.life == NodeLife::Active && node.ready && !node.unschedulable;
}

Resources& room_of(std::map<std::string, Resources>& rooms, const ClusterView& view, const Node& node) {
  const auto at = rooms.find(node.name);
  return at != rooms.end() ? at->second : rooms.emplace(node.name, room_on(view, node)).first->second;
}

}  // namespace

bool could_start(const Pod& pod, const Node& node) {
  static const Scheduling kNothing;
  const Scheduling& asks = pod.scheduling ? *pod.scheduling : kNothing;
  const auto has = [&](const auto& entry) {
    return entry.first == label::kSchedulable || node.labels.value_or(entry.first, "") == entry.second;
  };
  if (!std::all_of(asks.node_selector.begin(), asks.node_selector.end(), has)) return false;
  const auto suits = [&](const NodeSelectorTerm& term) { return term.matches(node); };
  if (!asks.node_affinity.empty() && std::none_of(asks.node_affinity.begin(), asks.node_affinity.end(), suits)) return false;
  return std::all_of(node.taints.begin(), node.taints.end(), [&](const Taint& taint) {
    return is_condition(taint) || taint.effect == "PreferNoSchedule" ||
           std::any_of(asks.tolerations.begin(), asks.tolerations.end(),
                       [&](const Toleration& toleration) { return toleration.tolerates(taint); });
  });
}

bool Arrivals::any_news(const Roster& roster, Instant now) const {
  if (const auto due = next(); due && *due <= now) return true;
  return std::any_of(roster.waiting().begin(), roster.waiting().end(), [&](const auto& entry) {
    const auto known = waiters_.find(entry.first);
    return known == waiters_.end() || known->second.pod->uid != entry.second->uid;
  });
}

std::optional<Instant> Arrivals::next() const {
  std::optional<Instant> first;
  for (const auto& [key, waiter] : waiters_) {
    if (waiter.node.empty() && waiter.group->vain >= kVainHelps) continue;
    const Instant due = waiter.node.empty() ? looked_ + kLookAgain : waiter.serves ? *waiter.serves + kHelpTakes : waiter.until;
    first = std::min(first.value_or(due), due);
  }
  return first;
}

std::map<std::string, std::string> Arrivals::held_for_them() const {
  std::map<std::string, std::string> held;
  for (const auto& [key, waiter] : waiters_) {
    if (!waiter.node.empty()) held.emplace(waiter.node, waiter.name + " is to start on it");
  }
  return held;
}

void Arrivals::put_back(Duration by) {
  if (looked_ != Instant{}) looked_ -= by;
  for (auto& [key, waiter] : waiters_) {
    waiter.promised -= by;
    waiter.until -= by;
    if (waiter.serves) *waiter.serves -= by;
  }
}

void Arrivals::forget_if_nodes_changed(const ClusterView& view) {
  const std::uint64_t nodes = hash_of(view);
  if (nodes == nodes_) return;
  nodes_ = nodes;
  for (const auto& group : groups_) *group = {group->ns, group->requests, group->scheduling, 0, {}};
}

std::shared_ptr<Arrivals::Group> Arrivals::group_of(const Pod& pod) {
  for (const auto& group : groups_) {
    if (group->ns == pod.key.ns && group->requests == pod.requests && is_the_same(group->scheduling.get(), pod.scheduling.get()))
      return group;
  }
  return groups_.emplace_back(std::make_shared<Group>(Group{pod.key.ns, pod.requests, pod.scheduling, 0, {}}));
}

// Brings what is kept up to who waits now.
void Arrivals::meet(const ClusterView& view, const Roster& roster, Instant now) {
  constexpr std::size_t kGroupsKept = 1000;
  const auto had_time = [&](const Waiter& waiter) {
    const Node* node = view.node(waiter.node);
    return node != nullptr && takes_pods(*node) && now - waiter.serves.value_or(waiter.promised) >= kSchedulerTakes;
  };
  std::erase_if(waiters_, [&](const auto& entry) {
    const Waiter& waiter = entry.second;
    const auto still = roster.waiting().find(entry.first);
    if (still != roster.waiting().end() && still->second->uid == waiter.pod->uid) return false;
    const auto pod = view.pods.find(entry.first);
    if (pod != view.pods.end() && !pod->second->node.empty()) {
      waiter.group->vain = 0;
      waiter.group->tried.clear();
    } else if (had_time(waiter)) {  // it gave up waiting: no better a sign
      ++waiter.group->vain;
      waiter.group->tried.insert(waiter.node);
    }
    return true;
  });
  std::map<std::string_view, const ObjectKey*> vms;  // by uid; made for the first new launcher
  const auto name_of = [&](const Pod& pod) {
    if (pod.is_launcher()) {
      if (vms.empty()) {
        for (const auto& [key, vm] : view.vms) vms.emplace(vm->uid, &key);
      }
      if (const auto at = vms.find(pod.vmi_uid); at != vms.end()) return "VM " + to_string(*at->second);
    }
    return "pod " + to_string(pod.key);
  };
  for (const auto& [key, pod] : roster.waiting()) {
    if (!waiters_.contains(key))
      waiters_.emplace(key, Waiter{.pod = pod, .name = name_of(*pod), .group = group_of(*pod), .node = {}, .promised = now});
  }
  // The oldest that nobody waits with; those that come again and again are kept.
  for (auto group = groups_.begin(); groups_.size() > kGroupsKept && group != groups_.end();) {
    group = group->use_count() == 1 ? groups_.erase(group) : std::next(group);
  }
}

// What became of the node that was to help.
void Arrivals::judge_promise(Waiter& waiter, const ClusterView& view, const std::string& policy_uid, Rooms& rooms,
                             Instant now) const {
  const Node* node = view.node(waiter.node);
  const auto forget = [&] {
    waiter.node.clear();
    waiter.serves.reset();
  };
  if (node == nullptr) return forget();
  if (takes_pods(*node)) {
    if (!waiter.serves) waiter.serves = now;
  } else {
    waiter.serves.reset();
    const bool comes = can_come_back(view, *node, policy_uid, now) ||
                       (is_ours(*node, policy_uid) && node->marks.life == NodeLife::Waking && !node->marks.test) ||
                       node->marks.life == NodeLife::Active;  // and is not Ready yet
    if (!comes || now >= waiter.until) return forget();
  }
  Resources& room = room_of(rooms, view, *node);
  if (waiter.serves && !fits(*waiter.pod, *node, room)) return forget();  // others were quicker
  if (waiter.serves && now >= *waiter.serves + kHelpTakes) {
    ++waiter.group->vain;
    waiter.group->tried.insert(waiter.node);
    return forget();
  }
  take(room, *waiter.pod);
}

void Arrivals::promise(Waiter& waiter, const ClusterView& view, const std::string& policy_uid, std::set<std::string>& held,
                       Rooms& rooms, Instant now) {
  Group& group = *waiter.group;
  if (group.vain >= kVainHelps) {
    left_aside_.push_back(waiter.name);
    notes_.push_back(waiter.name + " waits for a node and is left aside: " + std::to_string(group.vain) +
                     " nodes with room for it came back and it did not start there; what it waits for is told by its pod");
    return;
  }
  const auto takes = [&](const Node& node) {
    return !group.tried.contains(node.name) && could_start(*waiter.pod, node) &&
           fits(*waiter.pod, node, room_of(rooms, view, node));
  };
  const auto promise = [&](const Node& node) {
    waiter.node = node.name;
    waiter.promised = now;
    waiter.until = now + wake_patience(view, node) + kUntilSeen;
    waiter.serves.reset();
    held.insert(node.name);
    take(room_of(rooms, view, node), *waiter.pod);
  };
  const auto is_late = [&](const Node& node) { return now >= node.marks.since + wake_patience(view, node) + kUntilSeen; };
  // One that comes back already, for another or as a reserve; it may be that it never will.
  for (const auto& [key, node] : view.nodes) {
    const bool comes = (is_ours(*node, policy_uid) && node->marks.life == NodeLife::Waking && !is_late(*node)) ||
                       (can_come_back(view, *node, policy_uid, now) && held.contains(node->name));
    if (comes && takes(*node)) return promise(*node);
  }
  for (const NodeLife life : {NodeLife::Retiring, NodeLife::Draining, NodeLife::Empty}) {
    for (const auto& [key, node] : view.nodes) {
      if (node->marks.life == life && can_come_back(view, *node, policy_uid, now) && takes(*node)) return promise(*node);
    }
  }
  const Node* fastest = nullptr;
  Duration least{};
  for (const auto& [key, node] : view.nodes) {
    if (node->marks.life != NodeLife::Asleep || !can_come_back(view, *node, policy_uid, now)) continue;
    const Duration time = expected_wake(view, *node);
    if ((fastest != nullptr && time >= least) || !takes(*node)) continue;
    fastest = node.get();
    least = time;
  }
  if (fastest != nullptr) return promise(*fastest);
  notes_.push_back(waiter.name + " waits for a node, and none at rest would take it");
  if (now - waiter.promised >= kSaidAfter) helpless_.push_back(waiter.name);
}

std::vector<Arrivals::Return> Arrivals::make_room(const ClusterView& view, const Roster& roster, const std::string& policy_uid,
                                                  Instant now) {
  looked_ = now;
  forget_if_nodes_changed(view);
  meet(view, roster, now);
  notes_.clear();
  left_aside_.clear();
  helpless_.clear();
  Rooms rooms;
  for (auto& [key, waiter] : waiters_) {
    if (!waiter.node.empty()) judge_promise(waiter, view, policy_uid, rooms, now);
  }
  std::vector<Return> returns;
  std::set<std::string> held;  // nodes
  for (const auto& [key, waiter] : waiters_) {
    if (!waiter.node.empty()) held.insert(waiter.node);
  }
  for (auto& [key, waiter] : waiters_) {
    if (waiter.node.empty()) promise(waiter, view, policy_uid, held, rooms, now);
    const Node* node = view.node(waiter.node);
    if (node == nullptr || !can_come_back(view, *node, policy_uid, now)) continue;
    const bool asked = std::any_of(returns.begin(), returns.end(), [node](const Return& r) { return r.node == node->name; });
    if (asked) continue;
    const auto act = node->marks.life == NodeLife::Asleep ? NodeOrder::Act::Wake : NodeOrder::Act::TakeBack;
    returns.push_back({node->name, act, waiter.name + " waits for a node"});
  }
  return returns;
}

}  // namespace drover
