// Reason: why something was decided about a VM, in one word. Status, Events, log, metrics and `drover explain` all name it so;
// docs/reasons.md tells people what each means.
#pragma once

#include <string_view>

namespace drover {

// Why a VM is moved, or is not.
enum class Reason {
  // it moves
  ThresholdCrossed,
  OverloadRelieved,  // its node is overloaded
  Consolidated,      // its node is emptied, or made fuller
  Moving,            // a migration of ours is in flight
  // nothing to do
  NotBreached,
  NotChosen,       // its strategy leaves it where it is
  NotSampled,      // the policy does not act, so its signal is not read
  NoData,          // the signal has no value for this VM: unknown, not zero
  BreachTooShort,  // breached, but not yet for as long as `for` asks
  // the VM
  Excluded,  // annotation drover.dev/exclude
  NotRunning,
  NotLiveMigratable,
  ChangePending,     // a hot-plug or volume change must finish first
  NotPrepared,       // status.selinuxContext is empty: KubeVirt would create no target pod
  SourceNotReady,    // the node that it runs on is not Ready, or its virt-handler is silent: nothing there would begin the copy
  LauncherNotReady,  // no or several active launcher pods
  HeldByEvacuation,
  HeldByOther,  // another mover's migration is in flight
  // when
  Forbidden,         // by another policy that selects it
  PolicyUnreadable,  // a policy that selects it says what cannot be read, so it lets nothing move
  OutsideSchedule,
  CoolingDown,
  BackingOff,  // earlier attempts failed or were refused
  DailyLimit,
  // how many
  DisruptionBudgetPdb,  // a PodDisruptionBudget allows no disruption of its launcher pod
  BudgetExhausted,
  ClusterLimit,   // KubeVirt's parallelMigrationsPerCluster
  OutboundLimit,  // KubeVirt's parallelOutboundMigrationsPerNode
  // where
  UseUnknown,        // its use, or its node's, was not measured
  PoliciesDisagree,  // the targets that several policies allow have no node in common
  NoFeasibleNode,
  InboundLimit,       // ours: feasible nodes are there, but enough is arriving at each
  AdviceOutdated,     // others are on the target than its strategy reckoned with
  NoBetterNode,       // every feasible node would be as bad or worse
  NotWorthIt,         // gain against cost
  WontConverge,       // it dirties memory faster than the link copies it
  Refused,            // KubeVirt's admission said no
  InvariantViolated,  // a bug of ours, stopped before it left
};
[[nodiscard]] std::string_view to_string(Reason reason);  // "ThresholdCrossed"

}  // namespace drover
