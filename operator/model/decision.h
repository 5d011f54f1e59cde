// Decision: what was decided about one VM, with everything needed to say why: the reason, the losers, the figures. Status, Event
// text, log, metrics and `drover explain` all render from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/object.h"
#include "model/policy.h"

namespace drover {

// Why a VM is moved, or is not. The order is the order in which the checks are made (core/arbiter.h).
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
  LauncherNotReady,  // no or several active launcher pods
  HeldByEvacuation,
  HeldByOther,  // another mover's migration is in flight
  // when
  Forbidden,  // by another policy that selects it
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

// A node that was looked at as a target.
struct Candidate {
  std::string node;
  bool feasible = false;
  std::vector<std::string> obstacles;    // why not, each a sentence part: "taint dedicated=gpu:NoSchedule is not tolerated"
  std::optional<double> pressure_after;  // the larger of CPU demand and memory use over what the node has, with the VM on it
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

struct MoveCost {
  double copy_bytes = 0;
  double bandwidth_bytes_per_second = 0;
  std::optional<double> dirty_bytes_per_second;
  Duration duration{};
  Duration downtime{};  // estimated
};

struct Decision {
  ObjectKey vm;
  PolicyRef policy;
  PolicyMode mode = PolicyMode::Recommend;
  Reason reason = Reason::NotBreached;
  bool move = false;            // chosen: created (Enforce) or recommended (Recommend)
  std::string message;          // one sentence for the owner
  std::string assumes;          // what a move rests on that is not known and was taken to be so, or ""
  std::optional<double> value;  // of the signal
  std::optional<Instant> breached_since;
  std::string source;
  std::string target;
  std::optional<double> pressure_now;    // of the source
  std::optional<double> pressure_after;  // of the target
  std::optional<MoveCost> cost;
  // By name, when a target was looked for: those up to the best that can take it, and some that come after it; when consolidation
  // names the target, that one.
  std::vector<Candidate> candidates;
  std::optional<Instant> not_before;  // when waiting ends, if known
};

}  // namespace drover
