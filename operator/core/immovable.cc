#include <algorithm>

#include "core/feasibility.h"

namespace drover {
namespace {

constexpr std::string_view kPrefix = "immovable because ";

void each_launcher(const ClusterView& view, const Vm& vm, const auto& visit) {
  const auto keys = view.pods_by_vmi_uid.find(vm.uid);
  if (keys == view.pods_by_vmi_uid.end()) return;
  for (const ObjectKey& key : keys->second) {
    const auto pod = view.pods.find(key);
    if (pod != view.pods.end() && !pod->second->is_over()) visit(*pod->second);
  }
}

// The launcher pods of a VM that are not over, counted, and the one on its node.
struct Launchers {
  int count = 0;
  int on_node = 0;
  const Pod* active = nullptr;
};
Launchers launchers_of(const ClusterView& view, const Vm& vm) {
  Launchers found;
  each_launcher(view, vm, [&](const Pod& pod) {
    ++found.count;
    if (vm.node.empty() || pod.node != vm.node) return;
    ++found.on_node;
    found.active = &pod;
  });
  return found;
}

// The migration of the VM that is not over, ours or not as asked, or null.
const Migration* in_flight(const ClusterView& view, const ObjectKey& vm, bool ours) {
  for (const Migration* migration : view.migrations_of(vm)) {
    if (!migration->is_final() && (migration->labels.find(mark::kPolicyUid) != nullptr) == ours) return migration;
  }
  return nullptr;
}

bool any_in_flight(const ClusterView& view, const ObjectKey& vm) {
  const auto keys = view.migrations_by_vm.find(vm);
  if (keys == view.migrations_by_vm.end()) return false;
  return std::any_of(keys->second.begin(), keys->second.end(), [&](const ObjectKey& key) {
    const auto migration = view.migrations.find(key);
    return migration != view.migrations.end() && !migration->second->is_final();
  });
}

const Pod* active_of(const ClusterView& view, const Vm& vm, const Launchers& launchers) {
  if (launchers.on_node != 1 || (launchers.count > 1 && !any_in_flight(view, vm.key))) return nullptr;
  return launchers.active;
}

// "migration vms/m1 (Scheduling) to node n2"
std::string move_text(const Migration* migration, const PlannedMove& move) {
  std::string text = "migration";
  if (migration != nullptr) {
    text += " " + to_string(migration->key);
    if (migration->phase != MigrationPhase::Unset) text += " (" + std::string(to_string(migration->phase)) + ")";
  }
  return text + (move.target.empty() ? "" : " to node " + move.target);
}

std::string not_running(const Vm& vm) {
  if (vm.terminating) return "it is being deleted";
  if (vm.phase == VmPhase::Unset) return "it is not running: its phase is not set yet";
  if (vm.phase != VmPhase::Running) return "it is not running: its phase is " + std::string(to_string(vm.phase));
  return vm.node.empty() ? "KubeVirt names no node that it runs on" : "";
}

std::string not_migratable(const Vm& vm) {
  if (!vm.live_migratable) return "KubeVirt has not reported yet whether it can migrate (condition LiveMigratable)";
  if (*vm.live_migratable) return "";
  std::string text =
      "KubeVirt cannot migrate it: " + (vm.not_migratable_reason.empty() ? "no reason given" : vm.not_migratable_reason);
  return vm.not_migratable_message.empty() ? text : text + ": " + vm.not_migratable_message;
}

std::string changes_pending(const Vm& vm) {
  std::string text;
  for (const std::string& change : vm.pending_changes) text += (text.empty() ? "" : ", ") + change;
  return text.empty() ? "" : "a change must be finished first: " + text;
}

// KubeVirt leaves a migration Pending while the VM has more than one pod that is not over.
std::string launcher_not_ready(const ClusterView& view, const Vm& vm) {
  const Launchers launchers = launchers_of(view, vm);
  const Pod* pod = active_of(view, vm, launchers);
  if (launchers.count == 1 && pod != nullptr && !pod->terminating) return "";
  if (any_in_flight(view, vm.key)) return "";
  if (launchers.count > 1) {
    std::string names;
    each_launcher(view, vm, [&](const Pod& one) { names += (names.empty() ? "" : ", ") + one.key.name; });
    return "it has " + std::to_string(launchers.count) +
           " launcher pods that are not over, and KubeVirt waits for one to end: " + names;
  }
  if (pod == nullptr) return "no launcher pod of it is known on node " + vm.node;
  return pod->terminating ? "its launcher pod " + pod->key.name + " is being deleted" : "";
}

}  // namespace

const Pod* active_launcher(const ClusterView& view, const Vm& vm) {
  return active_of(view, vm, launchers_of(view, vm));
}

const DisruptionBudget* exhausted_budget(const ClusterView& view, const Vm& vm) {
  const auto first = view.disruption_budgets.lower_bound({vm.key.ns, ""});
  if (first == view.disruption_budgets.end() || first->first.ns != vm.key.ns) return nullptr;
  const Pod* pod = active_launcher(view, vm);
  if (pod == nullptr) return nullptr;
  for (auto at = first; at != view.disruption_budgets.end() && at->first.ns == vm.key.ns; ++at) {
    const DisruptionBudget& budget = *at->second;
    if (budget.disruptions_allowed <= 0 && budget.selector.matches(pod->labels)) return &budget;
  }
  return nullptr;
}

std::optional<Immovable> why_immovable(const ClusterView& view, const Vm& vm, const Plan& plan) {
  const PlannedMove* move = plan.find(vm.key);
  if (move != nullptr && move->ours) {
    return Immovable{Reason::Moving, "on its way: " + move_text(in_flight(view, vm.key, true), *move)};
  }
  const auto because = [](Reason reason, std::string text) -> std::optional<Immovable> {
    if (text.empty()) return std::nullopt;
    return Immovable{reason, text.insert(0, kPrefix)};
  };
  if (!vm.excluded_reason.empty()) return because(Reason::Excluded, "its owner keeps Drover off it: " + vm.excluded_reason);
  if (auto why = because(Reason::NotRunning, not_running(vm))) return why;
  if (auto why = because(Reason::NotLiveMigratable, not_migratable(vm))) return why;
  if (auto why = because(Reason::ChangePending, changes_pending(vm))) return why;
  if (vm.selinux_context.empty()) {
    return because(Reason::NotPrepared, "KubeVirt creates no target pod before it has set status.selinuxContext");
  }
  if (auto why = because(Reason::LauncherNotReady, launcher_not_ready(view, vm))) return why;
  if (!vm.evacuation_node.empty() && vm.evacuation_node == vm.node) {
    return because(Reason::HeldByEvacuation, "an evacuation of node " + vm.node + " holds it");
  }
  if (move != nullptr) {
    return because(Reason::HeldByOther, "another mover holds it: " + move_text(in_flight(view, vm.key, false), *move));
  }
  return std::nullopt;
}

}  // namespace drover
