// StepRun: one call of Core::step, from an event to its effects. step.cc takes events in, remembers and tells; decide.cc decides;
// rounds.cc asks the strategies of consolidation policies and leads nodes through their lives.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/arbiter.h"
#include "core/ledger.h"
#include "core/state.h"

namespace drover {

// The settings of a Threshold policy, or null.
[[nodiscard]] inline const ThresholdSettings* threshold_of(const Policy& policy) {
  return std::get_if<ThresholdSettings>(&policy.spec.settings);
}

// The settings of a Consolidation policy, or null.
[[nodiscard]] inline const ConsolidationSettings* consolidation_of(const Policy& policy) {
  return std::get_if<ConsolidationSettings>(&policy.spec.settings);
}

class StepRun {
 public:
  StepRun(Core::State& state, const ClusterView& view, Instant now) : s_(state), view_(view), now_(now) {}

  [[nodiscard]] StepResult run(Event event);

 private:
  // ---- what happened ----

  void on(const ViewChanged&) {}
  void on(const Tick&) {}
  void on(const LeadershipChanged& e);
  void on(const SignalSampled& e);
  void on(UseSampled& e);
  void on(const EffectDone& e);
  void advance_breaches(const Policy& policy, const ThresholdSettings& settings, const SignalTable& table,
                        std::map<ObjectKey, Breach>& breaches);
  void status_failed(const PolicyRef& policy);
  void create_answered(const ObjectKey& vm, PendingCreate& create, const Result<std::string>& outcome);
  [[nodiscard]] bool mark_answered(EffectId id, const Result<std::string>& outcome);
  void refuse(const ObjectKey& vm, const Error& error);
  void dry_run_answered(const PolicyRef& policy, const ObjectKey& vm, const Result<std::string>& outcome);

  // ---- what is remembered ----

  void remember_policies();
  void settle_creates();
  void follow_moves();
  void cancel_hung(CancelMigration cancel);

  // ---- looking ----

  const Roster& up_to_date_roster();
  // A policy that would act if its signal could be read.
  [[nodiscard]] bool is_active(const Policy& policy) const;
  void sample_signals();

  // ---- deciding ----

  void decide();
  // What can be said of a policy's VMs without weighing them against each other; the rest become proposals.
  void survey(const Policy& policy, PolicyMemory& memory, const Plan& plan, std::vector<Proposal>& proposals);
  bool use_is_fresh();
  // Of this look; made when it is first needed.
  [[nodiscard]] const Ledger& ledger();
  void carry_out(Decision& decision, const Vm& vm, Plan& plan);
  [[nodiscard]] CreateMigration creation(const Decision& decision, const Vm& vm) const;
  void record(Decision decision);

  // ---- consolidating (rounds.cc) ----

  void hold_rounds(const Plan& plan);
  [[nodiscard]] std::map<std::string, std::string> complaints() const;
  void hold_round(const Policy& policy, const ConsolidationSettings& settings, Rounds& rounds, const Plan& plan);
  void propose_wanted(const Policy& policy, PolicyMemory& memory, const Plan& plan, std::vector<Proposal>& proposals);
  [[nodiscard]] bool waits_for_its_node(const Policy& policy, const Rounds& rounds, const WantedMove& move) const;
  void live_on(const Plan& plan);
  void take(LifeStep step, const Plan& plan);

  // ---- telling ----

  void note_first_decisions();
  void write_statuses();
  EffectId emit(EffectBody body);
  void wake(Instant at);

  Core::State& s_;
  const ClusterView& view_;
  Instant now_;
  bool look_now_ = false;
  bool roster_is_new_ = false;  // brought up to the view in this step
  std::optional<Ledger> ledger_;
  StepResult result_;
};

}  // namespace drover
