// Look: what a step sees, and shows to rules: the view, the time, what is remembered, and what is worked out of them when it is
// first asked for. Questions and the wake-up go out through it; what changes the cluster does not.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "consolidate/weekly_demand.h"
#include "core/ledger.h"
#include "core/limits.h"
#include "core/node_life.h"
#include "core/plan.h"
#include "core/proposal.h"
#include "core/roster.h"
#include "core/step.h"
#include "model/use.h"

namespace drover {

class Look {
 public:
  // All are referred to. The questions and the wake-up become part of `result`.
  Look(CoreState& state, const ClusterView& view, Instant time, StepResult& result)
      : s_(state), view_(view), time_(time), result_(result) {}

  [[nodiscard]] const ClusterView& view() const { return view_; }
  [[nodiscard]] Instant time() const { return time_; }
  [[nodiscard]] const CoreOptions& options() const;
  [[nodiscard]] const std::map<ObjectKey, Refusal>& refusals() const;
  [[nodiscard]] const SeenLives& lives() const;
  [[nodiscard]] const Drains& drains() const;     // whose pods are being evicted
  [[nodiscard]] const PowerTable& power() const;  // of the nodes that are not Active, at least

  // Up to date with the view.
  [[nodiscard]] const Roster& roster();
  // How many VMs the policy selects.
  [[nodiscard]] std::int64_t selected_by(const Policy& policy);
  // The moves under way, and those decided in this step so far.
  [[nodiscard]] const Plan& plan() { return plan_in_making(); }
  [[nodiscard]] const Ledger& ledger();
  // What the cluster was asked for before; whoever looks at it observes.
  [[nodiscard]] WeeklyDemand& demand();
  // Moves that the process knows of and the view may not show yet, of all policies.
  [[nodiscard]] std::vector<const MoveRecord*> known_moves() const;
  // What VMs use, as last sampled; whether that is young enough to decide on. If it is not, it is sampled anew.
  [[nodiscard]] const std::shared_ptr<const UseTable>& use() const;
  [[nodiscard]] bool use_is_fresh();
  // Nodes that are not to be emptied on account of policies that enforce, each with the reason.
  [[nodiscard]] std::map<std::string, std::string> kept_on() const;

  EffectId ask(SampleSignal question) { return emit(std::move(question)); }
  EffectId ask(HoldRound question) { return emit(std::move(question)); }
  // The next step is no later than this.
  void wake(Instant at);

 private:
  friend class StepRun;
  EffectId emit(EffectBody body);
  void sample_use();  // unless it is being sampled
  [[nodiscard]] Plan& plan_in_making();

  CoreState& s_;
  const ClusterView& view_;
  Instant time_;
  StepResult& result_;
  bool roster_is_new_ = false;                  // brought up to the view in this step
  std::map<PolicyRef, std::int64_t> selected_;  // of the policies that were asked about
  std::optional<Plan> plan_;
  std::optional<Ledger> ledger_;
};

}  // namespace drover
