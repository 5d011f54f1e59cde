// What the core remembers between steps. Everything that must outlive the process is in the cluster (core/ledger.h, core/follow.h);
// this is only what a restart may forget.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/arbiter.h"
#include "core/step.h"
#include "core/threshold.h"

namespace drover {

// Of one policy.
struct PolicyMemory {
  std::int64_t generation = -1;
  Instant next_sample{};
  EffectId sampling = 0;                         // the SampleSignal under way, 0: none
  std::optional<Error> signal_error;             // of the last sample
  std::map<ObjectKey, Breach> breaches;          // of the VMs with a value in the last sample
  std::optional<std::vector<MoveRecord>> moves;  // empty until taken over from the policy's status
  std::map<ObjectKey, Decision> decisions;
  std::map<ObjectKey, std::string> recommended;  // VM -> target that was put to KubeVirt's admission
  std::optional<PolicyStatus> written;           // as last written; empty: what the view shows
  Instant status_not_before{};
};

// A migration that was asked for and that the view does not show yet.
struct PendingCreate {
  EffectId id = 0;
  std::string name;
  PlannedMove move;
  std::optional<Instant> answered;  // when the API server confirmed it
};

struct Core::State {
  explicit State(CoreOptions o) : options(o) {}

  CoreOptions options;
  bool leading = false;
  EffectId next_id = 1;
  UseTable use;
  EffectId use_sampling = 0;
  std::map<PolicyRef, PolicyMemory> policies;
  std::map<ObjectKey, PendingCreate> creates;  // by VM
  std::map<EffectId, std::pair<PolicyRef, ObjectKey>> dry_runs;
  std::map<EffectId, PolicyRef> status_writes;
  std::map<std::string, Instant> cancelled;  // migration uid -> when last asked
  std::map<ObjectKey, Refusal> refusals;     // by VM
  Instant last_look{};

  // Forgets all but the numbering of effects: a leader starts from what the cluster says.
  void forget() {
    State fresh(options);
    fresh.next_id = next_id;
    fresh.leading = leading;
    *this = std::move(fresh);
  }
};

}  // namespace drover
