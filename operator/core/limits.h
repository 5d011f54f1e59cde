// Limits: what keeps a VM from moving now, whatever its target: windows, cooldowns, daily limits, failures and refusals,
// PodDisruptionBudgets, the policies' budgets and the platform's own limits. Each rule stands here once: the arbiter takes the
// first that holds, the pool of a consolidation policy asks whether any does, and `drover explain` shows all.
//
// A policy's limits bound whoever wants to move a VM that it selects. (core/invariants.h counts for itself, on purpose.) Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/bounds.h"
#include "core/ledger.h"
#include "core/options.h"
#include "core/plan.h"
#include "model/decision.h"

namespace drover {

// KubeVirt's admission refused a move, or an attempt could not be made; until then the VM is left alone.
struct Refusal {
  Instant until{};
  std::int64_t count = 0;
  std::string message;
};

// One limit on one VM at one moment: cheap to make, and put into words when it is shown. Refers to what it was found in.
struct Limit {
  enum class Kind {
    Unreadable,
    Schedule,
    Cooldown,
    DailyMoves,
    Backoff,
    Refused,
    DisruptionBudget,
    Budget,
    InCluster,
    OutOfNode,
    Arrivals,
  };
  Kind kind{};
  bool holds = false;                 // no move now
  const Policy* policy = nullptr;     // whose it is: of Unreadable, Schedule, Cooldown, DailyMoves and Budget
  std::optional<Instant> not_before;  // when it ends, if that is known
  std::int64_t used = 0;              // of `allowed`, where something is counted
  std::int64_t allowed = 0;
  std::string subject;  // what it is about besides: a PodDisruptionBudget, a node, a refusal, what cannot be read

  [[nodiscard]] std::string name() const;  // "cooldown of vms/calm"
  [[nodiscard]] Reason reason() const;     // of a decision that it keeps back
  [[nodiscard]] std::string text() const;  // if it holds, a sentence for the VM's owner; else where it stands: "1 of 3"
};

class Limits {
 public:
  // The references must outlive it.
  Limits(const ClusterView& view, const Bounds& bounds, const Ledger& ledger, const std::map<ObjectKey, Refusal>& refusals,
         Instant now)
      : view_(view), bounds_(bounds), ledger_(ledger), refusals_(refusals), now_(now) {}

  // When policy `by` (null: nobody in particular) moves the VM. Policy by policy its schedule, cooldown and daily limit, then the
  // back-off and the like. Of the VM first, then those that the plan's other moves use up.
  [[nodiscard]] std::optional<Limit> first(const Vm& vm, const Plan& plan, const PolicyRef* by = nullptr);
  [[nodiscard]] std::vector<Limit> all(const Vm& vm, const Plan& plan, const PolicyRef* by = nullptr);
  // Whether one holds that other moves have no part in.
  [[nodiscard]] bool any_of_its_own(const Vm& vm, const PolicyRef* by = nullptr) const;

 private:
  // Calls visit with each until it returns true; says whether it did.
  bool each_of_its_own(const Vm& vm, const PolicyRef* by, const auto& visit) const;
  bool each_shared(const Vm& vm, const Plan& plan, const PolicyRef* by, const auto& visit);
  // How many of the VMs that the policy selects may move at once now.
  std::int64_t budget_of(const Policy& policy);

  const ClusterView& view_;
  const Bounds& bounds_;
  const Ledger& ledger_;
  const std::map<ObjectKey, Refusal>& refusals_;
  Instant now_;
  std::map<PolicyRef, std::int64_t> budgets_;
};

// Of a node as a target: how many may arrive there at once.
[[nodiscard]] Limit arrivals_at(const Node& node, const Plan& plan, const CoreOptions& options);

}  // namespace drover
