// Core: the decisions of Drover, whole. step() takes what happened and what the cluster looks like, and returns what to do. It
// reads no clock, file or socket, draws no random numbers and starts no threads: the same calls give the same answers, in
// production, in the simulator and in `drover plan`.
//
// Thread safety: none; one thread calls it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/effect.h"
#include "core/event.h"
#include "core/invariants.h"
#include "core/options.h"
#include "core/policy_report.h"
#include "core/rule.h"
#include "model/cluster_view.h"
#include "model/decision.h"

namespace drover {

// A move of ours has come to its end: `record` says when and how.
struct MoveEnded {
  PolicyRef policy;
  MoveRecord record;
};

struct StepResult {
  std::vector<Effect> effects;
  std::optional<Instant> wake_at;  // call again with Tick at this time, if nothing happens before
  std::vector<Violation> violations;
  std::vector<MoveEnded> ended;     // as the owners are told by the effects
  std::vector<Decision> decisions;  // those that this step formed or changed
};

// Whether the clock that showed `before` and now shows `now` was put back by more than 2 s. The core
// then puts all times back that it remembers, at its next step.
[[nodiscard]] constexpr bool is_put_back(Instant before, Instant now) {
  return now + seconds{2} < before;
}

struct CoreState;  // core/state.h

class Core {
 public:
  explicit Core(const CoreOptions& options);  // with the types of policies that Drover acts on (core/rules.h)
  Core(CoreOptions options, RuleMaker rules);
  ~Core();
  Core(Core&&) noexcept;
  Core& operator=(Core&&) noexcept;

  [[nodiscard]] StepResult step(const ClusterView& view, Event event, Instant now);

  // The latest decision for each VM and policy, for explanations.
  [[nodiscard]] std::vector<Decision> decisions() const;
  // As of the last step, of each policy in the view.
  [[nodiscard]] std::vector<PolicyReport> reports(const ClusterView& view) const;
  // What is to be said of a VM that a policy selects and about which there is no decision; null if the policy is not known.
  [[nodiscard]] std::optional<Decision> why_quiet(const Policy& policy, const Vm& vm) const;
  // A hash of the first decisions since it leads, so that two worlds can be compared: the same cluster gives the same hash in each.
  // Hashed are VM, reason, whether it moves, source and target, and the orders to nodes; figures are not. Empty until every sample
  // that these decisions rest on has been answered.
  [[nodiscard]] const std::string& first_decisions_hash() const;
  [[nodiscard]] bool leading() const;
  // For whoever keeps books: what VMs used and what power drivers said, as of the last answers.
  [[nodiscard]] const UseTable& use() const;
  [[nodiscard]] const PowerTable& power() const;

 private:
  std::unique_ptr<CoreState> state_;
};

}  // namespace drover
