// The life of the nodes that a consolidation policy governs: from what its strategy ordered and what the view shows to the next
// step of each node (design: node life).
//
//   Active -> Retiring -> Draining -> Empty -> PoweringOff -> Asleep -> Waking -> Active, and Quarantined
//
// Each step is written on the Node first and acted upon when the view shows it, so that a crash at any point resumes. A node is
// taken back from every life before PoweringOff at once. Pure functions.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "consolidate/strategy.h"
#include "core/drain.h"
#include "core/effect.h"
#include "core/options.h"
#include "core/plan.h"
#include "core/roster.h"
#include "model/cluster_view.h"
#include "model/power_table.h"

namespace drover {

inline constexpr Duration kPowerOffDeadline = minutes{10};
inline constexpr Duration kForceTakes = minutes{3};     // for a machine of which the power is taken away to say that it is off
inline constexpr Duration kProof = seconds{5};          // between two answers that both say that it is off
inline constexpr Duration kDrainLook = seconds{5};      // between two looks at the pods of a node that is drained
inline constexpr Duration kPowerTry = minutes{5};       // after which an order to a power driver is given again
inline constexpr Duration kPowerRetry = seconds{30};    // ... when the driver did not take it
inline constexpr Duration kSwitchingPoll = seconds{5};  // between two questions to the driver of a node that is being switched
inline constexpr Duration kRestingPoll = minutes{1};    // ... that rests: management controllers bear no more
inline constexpr Duration kPowerMaxAge = seconds{90};   // an older answer counts as none

// What a strategy ordered, by name of node; it stands until the next round.
struct StandingOrder {
  NodeOrder::Act act = NodeOrder::Act::Retire;
  std::string reason;
  Instant given{};
  bool for_arrival = false;  // somebody waits for a node
};
using StandingOrders = std::map<std::string, StandingOrder>;

// Since when a node has been in its life, by this process's own clock: as the mark says, but not ahead of the time when it was
// seen.
struct SeenLife {
  NodeMarks marks;  // as seen
  Instant since{};
};
using SeenLives = std::map<std::string, SeenLife>;
void see_lives(const ClusterView& view, Instant now, SeenLives& lives);
[[nodiscard]] Instant since_of(const SeenLives& lives, const Node& node);

// How LifeStep::held_up begins where power is what holds an order up.
inline constexpr std::string_view kLeftOn = "it is left on";

// One step of one node's life that is due, or what holds it up.
struct LifeStep {
  std::string node;
  std::optional<MarkNode> mark;
  std::optional<SwitchPower> power;
  bool drains = false;  // its ordinary pods are being evicted
  std::vector<EvictPod> evictions;
  std::optional<Duration> poll;  // how often its driver, if it has one, is to be asked whether it is on
  std::string held_up;           // why an order is not carried out now, or ""
  std::string hand;              // what others decided about it, or "" (core/hands.h)
  std::optional<Instant> due;    // when to look again
  bool in_turn = false;          // the mark waits until no other node's to the same life is on its way
};

// The next steps of all nodes that the policy governs; the roster is up to date with the view. Nodes that another policy marked are
// left to it. `expected` will soon be asked for besides (core/foresight.h).
[[nodiscard]] std::vector<LifeStep> next_steps(const ClusterView& view, const Roster& roster, const Policy& policy,
                                               const ConsolidationSettings& settings, const StandingOrders& orders,
                                               const SeenLives& lives, const PowerTable& power, const CoreOptions& options,
                                               const Plan& plan, const Drains& drains, const Amounts& expected, Instant now);

// Undoes what policies that no longer consolidate (deleted, suspended, in mode Recommend, of another type, or unable to act) left
// on nodes, and what earlier versions did: every mark is taken off, a node that sleeps is woken first. `leading`: the uids of those
// that do.
[[nodiscard]] std::vector<LifeStep> release_steps(const ClusterView& view, const std::set<std::string>& leading,
                                                  const SeenLives& lives, const PowerTable& power, const CoreOptions& options,
                                                  Instant now);

// Whether a launcher pod, live or terminating, is on the node or about to be, or a VM says that it runs there.
[[nodiscard]] bool holds_vms(const ClusterView& view, const Plan& plan, const std::string& node);

// "pod shop/web runs on it" of the first pod that is on the node for a reason of its own (Pod::is_workload), or "": such a node is
// not empty.
[[nodiscard]] std::string workload_on(const ClusterView& view, const std::string& node);

}  // namespace drover
