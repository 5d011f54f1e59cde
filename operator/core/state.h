// What the core remembers between steps. Everything that must outlive the process is in the cluster (core/ledger.h, core/follow.h);
// this is only what a restart may forget.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "consolidate/weekly_demand.h"
#include "core/drain.h"
#include "core/ledger.h"
#include "core/limits.h"
#include "core/node_life.h"
#include "core/options.h"
#include "core/roster.h"
#include "core/rule.h"

namespace drover {

// Of one policy of whatever type.
struct PolicyMemory {
  std::int64_t generation = -1;
  std::unique_ptr<Rule> rule;                    // of this generation; null: its type is not acted on
  bool active = false;                           // it can act; as of this step
  std::optional<std::int64_t> selected;          // VMs, if they were gone through in this step
  std::optional<std::vector<MoveRecord>> moves;  // empty until taken over from the policy's status
  std::map<ObjectKey, Decision> decisions;
  std::map<ObjectKey, Instant> proposed_since;   // VM -> since when it has been proposed without a break, or a move of it
  std::map<ObjectKey, std::string> recommended;  // VM -> target that was put to KubeVirt's admission
  std::map<ObjectKey, Refusal> refused_asking;   // by VM: its admission refused a recommendation, which holds up nobody else
  std::optional<PolicyStatus> written;           // as last written; empty: what the view shows
  Instant status_not_before{};
};

// A migration that was asked for and that the view does not show yet.
struct PendingCreate {
  EffectId id = 0;
  std::string name;
  std::string vm_uid;
  PlannedMove move;
  std::optional<Instant> answered;  // when the API server last confirmed it
  EffectId reading = 0;             // the question whether it is still there, 0: none
};

// A mark that was asked for and that the view does not show yet; with id 0, one that was refused and waits for another try.
struct PendingMark {
  EffectId id = 0;
  NodeLife to = NodeLife::Active;
  std::optional<Instant> answered;
  Instant retry_at{};
};

// Of one node: what its power driver was last asked and told.
struct PowerTalk {
  std::optional<Duration> every;            // between two questions; empty: none are asked
  NodeDriver driver;                        // whom they go to
  EffectId asking = 0;                      // the SamplePower under way, 0: none
  Instant asked{};                          // whether it is on, or as if; zero: never
  EffectId ordering = 0;                    // the SwitchPower under way, 0: none
  PowerRequest request = PowerRequest::On;  // what it was last asked for
  Instant ordered{};                        // to be switched, in this life of the node, or as if; zero: never

  // When it is to be asked next.
  [[nodiscard]] std::optional<Instant> due() const {
    if (!every || asking != 0) return std::nullopt;
    return asked == Instant{} ? asked : asked + *every;
  }
};

struct CoreState {
  CoreState(CoreOptions o, RuleMaker maker) : options(std::move(o)), make_rule(std::move(maker)) {}

  CoreOptions options;
  RuleMaker make_rule;
  bool leading = false;
  EffectId next_id = 1;
  Roster roster;                                                             // as of the last look
  std::shared_ptr<const UseTable> use = std::make_shared<const UseTable>();  // shared with the rounds that are being held
  std::shared_ptr<const UseTable> use_done_with;  // an earlier answer, until the next sample is asked for
  EffectId use_sampling = 0;
  Instant use_asked{};  // when it was last sampled; zero: never
  std::map<PolicyRef, PolicyMemory> policies;
  std::map<ObjectKey, PendingCreate> creates;  // by VM
  std::map<EffectId, std::pair<PolicyRef, ObjectKey>> dry_runs;
  std::map<EffectId, PolicyRef> status_writes;
  struct WrittenProfile {
    PowerProfileStatus status;
    Instant at{};
    EffectId id = 0;  // 0: it was answered
  };
  std::map<std::string, WrittenProfile> profiles;  // the status of PowerProfiles, as last written
  Instant profiles_looked{};
  std::map<std::string, Instant> watched;    // migration uid -> since when it has been seen in flight
  std::map<std::string, Instant> cancelled;  // migration uid -> when last asked
  std::map<ObjectKey, Refusal> refusals;     // by VM, of moves that were to be made
  std::map<std::string, PendingMark> marks;  // by node
  std::map<std::string, SeenLife> lives;     // of nodes that are not Active
  PowerTable power;                          // of those, and when books are kept of all
  Drains drains;                             // of nodes whose pods are being evicted
  std::map<std::string, PowerTalk> talks;    // by node, of the same
  WeeklyDemand demand;                       // of the cluster, as rules that foretell have observed it
  Instant last_look{};
  std::optional<Instant> due;  // when more than questions to power drivers is
  Instant last_step{};
  std::string first_decisions_hash;

  // Forgets all but the numbering of effects and the clock: a leader starts from what the cluster says.
  void forget();
  // The clock was put back by so much. All times that it told before are put back with it, so that what was due in a minute still
  // is.
  void put_back(Duration by);
};

}  // namespace drover
