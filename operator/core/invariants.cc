#include "core/invariants.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "core/drain.h"
#include "core/feasibility.h"
#include "core/hands.h"
#include "core/node_life.h"
#include "core/reserve.h"
#include "core/selection.h"
#include "core/window.h"

namespace drover {
namespace {

std::int64_t moves_counted(const ClusterView& view, const Policy& policy, const Plan& plan) {
  return std::count_if(plan.all().begin(), plan.all().end(), [&](const auto& entry) {
    const Vm* vm = view.vm(entry.first);
    return !entry.second.queued && vm != nullptr && selects(view, policy, *vm);
  });
}

std::optional<Violation> limits_broken(const CreateMigration& effect, const Vm& vm, const ClusterView& view, const Plan& plan,
                                       const Ledger& ledger, const CoreOptions& options, Instant now) {
  const auto violation = [](std::string detail) { return Violation{Invariant::LimitsHold, std::move(detail)}; };
  if (plan.total() >= view.limits.in_cluster) return violation("the platform's limit for the cluster is reached");
  if (plan.outbound(effect.source) >= view.limits.out_of_node) {
    return violation("the platform's limit for moves away from " + effect.source + " is reached");
  }
  if (plan.inbound(effect.target) >= options.max_inbound_per_node)
    return violation("the limit for arrivals at " + effect.target + " is reached");
  for (const Policy* policy : bounding_policies(view, vm, &effect.policy)) {
    const std::string name = to_string(policy->ref.key);
    const PerVm& per_vm = policy->spec.per_vm;
    const LimitsInForce in_force = limits_in_force(*policy, &effect.policy);
    if (!unreadable_limits(view, *policy).empty()) return violation("what " + name + " allows cannot be read");
    if (!schedule_at(policy->spec, view.time_zones, now).open) return violation("the schedule of " + name + " is closed");
    if (in_force.cooldown && ledger.cooldown_ends(vm.uid, per_vm.cooldown, now))
      return violation("the cooldown of " + name + " is not over");
    if (in_force.daily_moves && ledger.moves_in_day(vm.uid, now) >= per_vm.moves_per_day)
      return violation("the moves of a day under " + name + " are made");
    if (!in_force.budgets) continue;
    const std::int64_t allowed = budget_at(
        policy->spec, view.time_zones, [&] { return selected_count(view, *policy); }, now);
    if (moves_counted(view, *policy, plan) >= allowed) return violation("the budget of " + name + " is spent");
  }
  return std::nullopt;
}

Violation only_the_leader_acts(std::string what) {
  return {Invariant::OnlyTheLeaderActs, std::move(what)};
}

struct ZoneCount {
  std::int64_t nodes = 0;
  std::int64_t resting = 0;
  std::int64_t off = 0;
  std::int64_t down = 0;  // not Ready, and not off
  std::int64_t out = 0;   // not Ready, or at rest
  // So many that with one more lost the node controller still takes the zone for sound.
  [[nodiscard]] std::int64_t may_be_off() const {
    std::int64_t lost = down + 2;
    while (lost <= 2 || lost * 20 < nodes * 11) ++lost;
    return lost - down - 2;
  }
};

// Counted anew: once the node rests too many of its zone would rest, or, if it rests already, would be off; or "".
std::string zone_broken(const Node& node, const ConsolidationSettings& settings, const ClusterView& view) {
  std::map<std::string_view, ZoneCount> zones;
  const bool sleeps = node.marks.life == NodeLife::Empty;
  for (const auto& [key, other] : view.nodes) {
    ZoneCount& zone = zones[other->labels.value_or(label::kZone, "")];
    ++zone.nodes;
    const bool off = other->marks.life > NodeLife::Empty || (sleeps && other->name == node.name);
    zone.off += off ? 1 : 0;
    zone.resting += other->marks.life != NodeLife::Active || other->name == node.name ? 1 : 0;
    zone.down += !off && !other->ready ? 1 : 0;
    zone.out += !other->ready || other->marks.life != NodeLife::Active || other->name == node.name ? 1 : 0;
  }
  const auto name = node.labels.value_or(label::kZone, "");
  const ZoneCount& zone = zones[name];
  const auto& most = settings.power_down;
  const bool bounded = most.max_resting_nodes || most.max_resting_percent;
  if (sleeps) return bounded || zone.off <= zone.may_be_off() ? "" : "too many nodes of its zone would be off";
  bool broken = zone.out >= zone.nodes;
  if (most.max_resting_nodes) {
    broken = broken || zone.resting > *most.max_resting_nodes;
  } else if (most.max_resting_percent) {
    const double allowed = *most.max_resting_percent * static_cast<double>(zone.nodes) + 1e-6;
    broken = broken || static_cast<double>(zone.resting) * 100 > allowed;
  } else {
    std::int64_t spare = settings.reserve_percent || !most.enabled ? 0 : settings.reserve_nodes;
    for (const auto& [at, other] : zones) {
      if (at != name) spare -= std::max<std::int64_t>(0, other.resting - other.may_be_off());
    }
    broken = broken || zone.resting > zone.may_be_off() + std::max<std::int64_t>(spare, 0);
  }
  return broken ? "too many nodes of its zone would rest" : "";
}

Amounts requested_by(const PodsTotal& pods) {
  return {static_cast<double>(pods.cpu_milli) / 1000.0, static_cast<double>(pods.memory_bytes)};
}

// Summed anew over all nodes: VMs without room, or a reserve that is not there, once the node no longer serves or is no longer at
// hand; or "".
std::string room_broken(const Node& leaving, const ConsolidationSettings& settings, const ClusterView& view) {
  Amounts serving;          // free on the nodes that go on serving, less what has to go there
  Amounts at_hand;          // free on the Empty ones
  std::int64_t places = 0;  // for pods, on those that go on serving, likewise
  Amounts used;             // by all that is no part of a node
  Amounts largest;          // of the nodes that go on
  for (const auto& [key, node] : view.nodes) {
    const bool usable = node->ready && node->labels.value_or(label::kSchedulable, "") == "true" && node->name != leaving.name &&
                        !view.handler_is_ill(node->name);
    const bool serves = usable && node->marks.life == NodeLife::Active && !node->unschedulable;
    const bool waits = usable && node->marks.life == NodeLife::Empty && held_by_others(*node).empty();
    const bool rests =
        node->marks.life != NodeLife::Active || (node->name == leaving.name && leaving.marks.life == NodeLife::Active);
    Amounts free = amounts_of(node->allocatable);
    if (serves || waits) largest = {std::max(largest.cpu, free.cpu), std::max(largest.memory, free.memory)};
    std::int64_t free_places = amount(node->allocatable, "pods");
    if (const auto pods = view.pods_by_node.find(node->name); pods != view.pods_by_node.end()) {
      const auto requests = view.requests_by_node.find(node->name);
      if (requests != view.requests_by_node.end()) free -= amounts_of(requests->second);
      free_places -= static_cast<std::int64_t>(pods->second.size());
      const auto totals = view.totals_by_node.find(node->name);
      const NodePods of = totals == view.totals_by_node.end() ? NodePods{} : totals->second;
      const Amounts goes = requested_by(of.launchers) + requested_by(of.workloads);
      used += goes;
      if (rests) {
        serving -= goes;
        places -= of.launchers.pods + of.workloads.pods;
      }
    }
    if (serves) {
      serving += free;
      places += free_places;
    }
    if (waits) at_hand += free;
  }
  const bool moves_vms = leaving.marks.life == NodeLife::Active;
  constexpr double kRounding = 1e-6;  // CPUs are counted as fractions here
  if (moves_vms && (serving.cpu < -kRounding || serving.memory < 0 || places < 0)) return "the other nodes would be full";
  serving += at_hand;
  const double share = settings.reserve_percent.value_or(0) / 100;
  const auto nodes = static_cast<double>(settings.reserve_nodes);
  const bool by_share = settings.reserve_percent.has_value();
  const bool held = serving.cpu + kRounding >= (by_share ? used.cpu * share : largest.cpu * nodes) &&
                    serving.memory >= (by_share ? used.memory * share : largest.memory * nodes);
  return held ? "" : "the reserve (spec.consolidation.reserve) would not be there";
}

// CPU and memory of VMs that no other exceeds in both.
std::set<std::pair<std::int64_t, std::int64_t>> largest_sizes(const ClusterView& view) {
  std::set<std::pair<std::int64_t, std::int64_t>> sizes;
  for (const auto& [key, pod] : view.pods) {
    if (pod->is_launcher() && !pod->node.empty() && !pod->is_over())
      sizes.emplace(amount(pod->requests, kCpu), amount(pod->requests, kMemory));
  }
  const auto all = sizes;
  std::erase_if(sizes, [&](const auto& size) {
    return std::any_of(all.begin(), all.end(), [&](const auto& other) {
      return other != size && other.first >= size.first && other.second >= size.second;
    });
  });
  return sizes;
}

// Gone through anew, VM by VM: one that no other exceeds would find room on no node in service or at hand any more, and did on this
// one, though another could take it; or "".
std::string largest_broken(const Node& leaving, const ClusterView& view) {
  struct Room {
    std::int64_t cpu, memory, places;
    [[nodiscard]] bool takes(std::int64_t cpus, std::int64_t bytes) const { return places > 0 && cpu >= cpus && memory >= bytes; }
  };
  const auto room = [&](const Node& node, bool of_all) {
    const auto at = view.totals_by_node.find(node.name);
    const NodePods pods = at == view.totals_by_node.end() ? NodePods{} : at->second;
    const auto taken = [&](std::int64_t PodsTotal::*what) {
      return pods.all.*what - (of_all ? 0 : pods.launchers.*what + pods.workloads.*what);
    };
    return Room{amount(node.allocatable, kCpu) - taken(&PodsTotal::cpu_milli),
                amount(node.allocatable, kMemory) - taken(&PodsTotal::memory_bytes),
                amount(node.allocatable, "pods") - taken(&PodsTotal::pods)};
  };
  std::vector<Room> awake;  // but for this node
  std::vector<Room> whole;  // likewise
  const auto is_on = [&](const Node& node) {
    if (!node.ready || node.labels.value_or(label::kSchedulable, "") != "true" || view.handler_is_ill(node.name)) return false;
    return node.marks.life == NodeLife::Active ? !node.unschedulable
                                               : node.marks.life == NodeLife::Empty && held_by_others(node).empty();
  };
  if (!is_on(leaving)) return {};
  for (const auto& [key, node] : view.nodes) {
    if (node->name == leaving.name) continue;
    if (is_on(*node)) awake.push_back(room(*node, true));
    if (is_on(*node) || (node->marks.life != NodeLife::Active && node->marks.life != NodeLife::Quarantined))
      whole.push_back(room(*node, false));
  }
  const Room here = room(leaving, true);
  for (const auto& size : largest_sizes(view)) {
    const auto in = [&](const std::vector<Room>& rooms) {
      return std::any_of(rooms.begin(), rooms.end(), [&](const Room& r) { return r.takes(size.first, size.second); });
    };
    if (here.takes(size.first, size.second) && in(whole) && !in(awake))
      return "no other node in service would have room for a VM of " + std::to_string(size.first) + "m and " +
             std::to_string(size.second) + " bytes";
  }
  return {};
}

// What may never rest, and what is needed in service or in reserve.
std::string needed(const Node& node, const ConsolidationSettings& settings, const ClusterView& view, const CoreOptions& options) {
  if (std::string why = why_kept_on(node, settings, options); !why.empty()) return why;
  if (std::string why = why_pods_keep_on(view, node.name, settings); !why.empty()) return why;
  if (std::string why = zone_broken(node, settings, view); !why.empty()) return why;
  if (std::string why = room_broken(node, settings, view); !why.empty()) return why;
  return largest_broken(node, view);
}

// What would be lost with the node's power, or "".
std::string held_by(const std::string& node, const ClusterView& view, const Plan& plan) {
  return holds_vms(view, plan, node) ? "a virtual machine is on it" : workload_on(view, node);
}

}  // namespace

std::string_view to_string(Invariant invariant) {
  switch (invariant) {
    case Invariant::EmptyBeforeOff: return "EmptyBeforeOff";
    case Invariant::NoVmInTwoMoves: return "NoVmInTwoMoves";
    case Invariant::LimitsHold: return "LimitsHold";
    case Invariant::ReserveStays: return "ReserveStays";
    case Invariant::TargetFits: return "TargetFits";
    case Invariant::MarksAccountedFor: return "MarksAccountedFor";
    case Invariant::EvictsWhatItMay: return "EvictsWhatItMay";
    case Invariant::OnlyTheLeaderActs: return "OnlyTheLeaderActs";
    case Invariant::OnlyOursIsCancelled: return "OnlyOursIsCancelled";
  }
  return "Unknown";
}

std::optional<Violation> broken_by(const CreateMigration& effect, const ClusterView& view, const Plan& plan, const Ledger& ledger,
                                   bool leading, const CoreOptions& options, Instant now) {
  if (!leading) return only_the_leader_acts("create of " + effect.name);
  const Vm* vm = view.vm(effect.vm);
  if (vm == nullptr || vm->uid != effect.vm_uid)
    return Violation{Invariant::TargetFits, to_string(effect.vm) + " is not in the view"};
  if (plan.moves(effect.vm)) return Violation{Invariant::NoVmInTwoMoves, to_string(effect.vm) + " is in a move already"};
  for (const Migration* migration : view.migrations_of(effect.vm)) {
    if (!migration->is_final())
      return Violation{Invariant::NoVmInTwoMoves, to_string(effect.vm) + " has " + migration->key.name + " in flight"};
  }
  if (const Node* source = view.node(effect.source); source != nullptr && !source->ready)
    return Violation{Invariant::TargetFits, "the source, node " + effect.source + ", is not Ready"};
  const Node* target = view.node(effect.target);
  if (target == nullptr) return Violation{Invariant::TargetFits, "node " + effect.target + " is not in the view"};
  std::vector<const Targets*> allowed;
  for (const Policy* policy : bounding_policies(view, *vm, &effect.policy)) allowed.push_back(&policy->spec.targets);
  if (const auto why = obstacles(view, *vm, *target, plan, allowed); !why.empty()) {
    return Violation{Invariant::TargetFits, effect.target + ": " + why.front()};
  }
  return limits_broken(effect, *vm, view, plan, ledger, options, now);
}

std::optional<Violation> broken_by(const CancelMigration& effect, const ClusterView& view, bool leading) {
  if (!leading) return only_the_leader_acts("cancel of " + to_string(effect.migration));
  const auto found = view.migrations.find(effect.migration);
  if (found != view.migrations.end() && found->second->uid == effect.uid &&
      found->second->labels.find(mark::kPolicyUid) == nullptr) {
    return Violation{Invariant::OnlyOursIsCancelled, to_string(effect.migration) + " is not Drover's"};
  }
  return std::nullopt;
}

std::optional<Violation> broken_by(const MarkNode& effect, const ClusterView& view, const Plan& plan, bool leading,
                                   const CoreOptions& options) {
  if (!leading) return only_the_leader_acts("mark of node " + effect.node);
  const NodeMarks& marks = effect.marks;
  const bool rests = marks.life == NodeLife::Empty || marks.life == NodeLife::PoweringOff;
  if (std::string why = rests ? held_by(effect.node, view, plan) : ""; !why.empty())
    return Violation{Invariant::EmptyBeforeOff, "node " + effect.node + ": " + std::move(why)};
  if (marks.life == NodeLife::Active) return std::nullopt;
  if (marks.policy_uid.empty() || marks.since == Instant{}) {
    return Violation{Invariant::MarksAccountedFor, "the mark of node " + effect.node + " does not say whose it is, or since when"};
  }
  const Node* node = view.node(effect.node);
  if (node == nullptr || node->uid != effect.node_uid)
    return Violation{Invariant::MarksAccountedFor, "node " + effect.node + " is not in the view"};
  if (node->marks.life != NodeLife::Active && node->marks.policy_uid != marks.policy_uid) {
    return Violation{Invariant::MarksAccountedFor, "node " + effect.node + " was marked by another policy"};
  }
  const bool retires = marks.life == NodeLife::Retiring && node->marks.life == NodeLife::Active;
  const bool sleeps = marks.life == NodeLife::PoweringOff && node->marks.life == NodeLife::Empty;
  if (!retires && !sleeps) return std::nullopt;
  const Policy* policy = view.policy(effect.policy);
  const auto* settings = policy != nullptr ? std::get_if<ConsolidationSettings>(&policy->spec.settings) : nullptr;
  if (settings == nullptr) {
    return Violation{Invariant::MarksAccountedFor, "node " + effect.node + " would rest for a policy that is not there"};
  }
  std::string why = retires ? needed(*node, *settings, view, options) : zone_broken(*node, *settings, view);
  if (sleeps && why.empty()) why = room_broken(*node, *settings, view);
  if (sleeps && why.empty()) why = largest_broken(*node, view);
  if (!why.empty()) {
    return Violation{Invariant::ReserveStays, "node " + effect.node + ": " + std::move(why)};
  }
  return std::nullopt;
}

std::optional<Violation> broken_by(const EvictPod& effect, const ClusterView& view, const Plan& plan, bool leading) {
  const std::string what = "pod " + to_string(effect.pod);
  if (!leading) return only_the_leader_acts("eviction of " + what);
  const auto violation = [&](std::string_view why) { return Violation{Invariant::EvictsWhatItMay, what + std::string(why)}; };
  const Node* node = view.node(effect.node);
  if (node == nullptr || node->uid != effect.node_uid || node->marks.life != NodeLife::Draining || !node->unschedulable)
    return violation(": its node is not being drained");
  const auto at = view.pods.find(effect.pod);
  if (at == view.pods.end() || at->second->uid != effect.pod_uid || at->second->node != effect.node)
    return violation(" is not on the node");
  if (at->second->owner != PodOwner::Workload || at->second->is_launcher()) return violation(" belongs to a VM or to the node");
  if (holds_vms(view, plan, effect.node)) return violation(" would go before the VMs");
  const auto& budgets = view.disruption_budgets;
  for (auto of = budgets.lower_bound({effect.pod.ns, ""}); of != budgets.end() && of->first.ns == effect.pod.ns; ++of) {
    if (of->second->selector.matches(at->second->labels) && of->second->disruptions_allowed < 1)
      return violation(": its PodDisruptionBudget " + of->first.name + " allows no disruption");
  }
  return std::nullopt;
}

std::optional<Violation> broken_by(const SwitchPower& effect, const ClusterView& view, const Plan& plan, bool leading) {
  if (!leading) return only_the_leader_acts("power of node " + effect.node);
  const auto violation = [&](std::string_view what) {
    return Violation{Invariant::EmptyBeforeOff, "node " + effect.node + std::string(what)};
  };
  const Node* node = view.node(effect.node);
  if (node == nullptr || node->uid != effect.node_uid) return violation(" is not in the view");
  if (effect.request == PowerRequest::On) return std::nullopt;
  if (const std::string why = held_by(effect.node, view, plan); !why.empty()) return violation(": " + why);
  if (node->marks.life != NodeLife::PoweringOff || !node->unschedulable)
    return violation(" is not marked PoweringOff and cordoned");
  return std::nullopt;
}

}  // namespace drover
