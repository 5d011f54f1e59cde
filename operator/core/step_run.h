// StepRun: one call of Core::step, from an event to its effects. step.cc takes events in, remembers and tells; decide.cc decides;
// lead_nodes.cc leads nodes through their lives. What a type of policy wants is its rule's to say (core/rule.h).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/look.h"
#include "core/proposal.h"
#include "core/state.h"
#include "core/step.h"

namespace drover {

class StepRun {
 public:
  StepRun(CoreState& state, const ClusterView& view, Instant now)
      : s_(state), view_(view), now_(now), look_(state, view, now, result_) {}

  [[nodiscard]] StepResult run(Event event);

 private:
  // ---- what happened ----

  void on(const ViewChanged&) {}
  void on(const Tick&) {}
  void on(const LeadershipChanged& e);
  void on(const SignalSampled& e);
  void on(UseSampled& e);
  void on(const PowerSampled& e);
  bool eviction_answered(EffectId id, const Result<std::string>& outcome);
  void write_profile_statuses();
  bool profile_answered(EffectId id, const Result<std::string>& outcome);
  void evict(LifeStep& step);
  [[nodiscard]] bool is_switched(const std::string& node) const;  // it is on its way to being off
  void on(const RoundHeld& e);
  void tell_rule(const PolicyRef& ref, const auto& tell);
  void on(const EffectDone& e);
  void status_failed(const PolicyRef& policy);
  void create_answered(const ObjectKey& vm, PendingCreate& create, const Result<std::string>& outcome);
  void unseen_answered(const ObjectKey& vm, PendingCreate& create, const Result<std::string>& outcome);
  [[nodiscard]] bool order_answered(EffectId id, const Result<std::string>& outcome);
  [[nodiscard]] bool mark_answered(EffectId id, const Result<std::string>& outcome);
  void note(Refusal& refusal, const Error& error) const;
  void dry_run_answered(const PolicyRef& policy, const ObjectKey& vm, const Result<std::string>& outcome);

  [[nodiscard]] bool only_asks(const Event& event) const;
  // Policies, questions to metrics, and, if it is time for it, the whole view.
  void go_through();

  // ---- what is remembered ----

  void remember_policies();
  void end_creates();
  void follow_moves();
  void cancel_hung(CancelMigration cancel);

  void ask();

  // ---- deciding ----

  void decide();
  void prepare();
  // Of all rules, in the order in which they are judged.
  [[nodiscard]] std::vector<Proposal> proposals();
  [[nodiscard]] std::string forbidden_by(const Policy& policy, const Proposal& proposal, const Node* target) const;
  void carry_out(Decision& decision, const Vm& vm);
  [[nodiscard]] CreateMigration creation(const Decision& decision, const Vm& vm) const;
  void record(Decision decision);

  // ---- nodes (lead_nodes.cc) ----

  void lead_nodes();
  void take(LifeStep step);
  void plan_questions();
  void plan_question(const Node& node, Duration every);
  void ask_power();

  // ---- telling ----

  void note_first_decisions();
  void write_statuses();
  EffectId emit(EffectBody body) { return look_.emit(std::move(body)); }
  void wake(Instant at) { look_.wake(at); }

  CoreState& s_;
  const ClusterView& view_;
  Instant now_;
  StepResult result_;
  Look look_;
  bool look_now_ = false;
};

}  // namespace drover
