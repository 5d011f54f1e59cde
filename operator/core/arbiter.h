// Arbiter: where the proposals of all policies meet. It judges one at a time, in the order of Reason (model/decision.h), against
// the plan in the making, and adds what it accepts to that plan: whether the VM may move, when, how many at once, where to, and
// whether that is worth it.
//
// An owner's windows, cooldowns, daily limits, targets and budgets bound whoever wants to move the VM. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/bounds.h"
#include "core/feasibility.h"
#include "core/ledger.h"
#include "core/load.h"
#include "core/options.h"
#include "core/plan.h"
#include "core/threshold.h"
#include "model/cluster_view.h"
#include "model/decision.h"
#include "model/use.h"

namespace drover {

// What a consolidation strategy wants (consolidate/strategy.h), by name, so that it outlives the pool it was formed on.
struct WantedMove {
  ObjectKey vm;
  std::string vm_uid;
  std::string source;
  std::string target;
  bool relief = false;
  std::string reason;
  std::set<ObjectKey> company;  // VMs that may be on the target by then, if all goes as advised
};

// A VM that a policy wants moved.
struct Proposal {
  const Policy* policy = nullptr;
  const Vm* vm = nullptr;
  Breach breach;
  double severity = 0;
  const WantedMove* wanted = nullptr;  // the target is chosen already; null: the arbiter chooses the best one
  std::size_t order = 0;               // among those of one policy that are as severe
};

// The order in which proposals are judged: enforced before recommended, worse before less bad, older before newer, then by name.
[[nodiscard]] bool judged_before(const Proposal& a, const Proposal& b);

// KubeVirt's admission refused a move, or an attempt could not be made; until then the VM is left alone.
struct Refusal {
  Instant until{};
  std::int64_t count = 0;
  std::string message;
};

class Arbiter {
 public:
  // The roster is up to date with the view.
  Arbiter(const ClusterView& view, const Roster& roster, const UseTable& use, const CoreOptions& options, const Ledger& ledger,
          const std::map<ObjectKey, Refusal>& refusals, Plan plan, Instant now);

  // An accepted proposal (Decision::move) is part of the plan from here on.
  [[nodiscard]] Decision judge(const Proposal& proposal);

  [[nodiscard]] const Plan& plan() const { return plan_; }

 private:
  // Each stage returns true when it has settled the decision (with a reason not to move).
  bool barred_by_vm(const Proposal& proposal, Decision& decision) const;
  bool barred_by_time(const Proposal& proposal, Decision& decision) const;
  bool barred_by_count(const Proposal& proposal, Decision& decision);
  bool barred_by_place(const Proposal& proposal, Decision& decision);
  bool barred_by_best(const Vm& vm, const Demand& demand, const Feasibility& feasibility, Decision& decision) const;
  bool barred_by_target(const Proposal& proposal, const Feasibility& feasibility, Decision& decision) const;
  [[nodiscard]] const ObjectKey* stranger_on_target(const Proposal& proposal) const;
  bool barred_by_cost(const Proposal& proposal, Decision& decision) const;
  // How many of the VMs that the policy selects may move at once now.
  std::int64_t budget_of(const Policy& policy);
  // Whether the node can take it now; `full`: were it not for what arrives there already.
  [[nodiscard]] Candidate candidate(const Node& node, const Feasibility& feasibility, bool& full) const;
  Loads& loads();

  const ClusterView& view_;
  const Roster& roster_;
  const UseTable& use_;
  const CoreOptions& options_;
  const Ledger& ledger_;
  const std::map<ObjectKey, Refusal>& refusals_;
  Plan plan_;
  std::optional<Loads> loads_;  // when first asked for: most proposals wait for something else
  Bounds bounds_;
  Instant now_;
  std::map<PolicyRef, std::int64_t> budgets_;
};

// How many of the plan's moves are of VMs that the policy selects.
[[nodiscard]] std::int64_t moves_under(const ClusterView& view, const Policy& policy, const Plan& plan);

}  // namespace drover
