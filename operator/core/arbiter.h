// Arbiter: where the proposals of all policies meet. It judges one at a time, in the order that docs/design/machine.md gives,
// against the plan in the making, and adds what it accepts to that plan: whether the VM may move, when, how many at once, where to,
// and whether that is worth it. It knows no type of policy: a proposal says all that it must know (core/proposal.h).
//
// An owner's windows, cooldowns, daily limits, targets and budgets bound whoever wants to move the VM. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/bounds.h"
#include "core/feasibility.h"
#include "core/limits.h"
#include "core/load.h"
#include "core/options.h"
#include "core/plan.h"
#include "core/proposal.h"
#include "model/cluster_view.h"
#include "model/decision.h"
#include "model/use.h"

namespace drover {

// Why a policy that selects the VM of another's proposal does not let it move to the node (null: anywhere) now, or "".
using Forbids = std::function<std::string(const Policy&, const Proposal&, const Node* target)>;

class Arbiter {
 public:
  // The roster is up to date with the view.
  Arbiter(const ClusterView& view, const Roster& roster, const UseTable& use, const CoreOptions& options, const Ledger& ledger,
          const std::map<ObjectKey, Refusal>& refusals, Forbids forbids, Plan plan, Instant now);

  // An accepted proposal (Decision::move) is part of the plan from here on.
  [[nodiscard]] Decision judge(const Proposal& proposal);

  [[nodiscard]] const Plan& plan() const { return plan_; }

 private:
  // Each stage returns true when it has decided (with a reason not to move).
  bool barred_by_vm(const Proposal& proposal, Decision& decision) const;
  bool barred_by_policy(const Proposal& proposal, Decision& decision) const;
  // "MigrationPolicy vms/a forbids it: ...", or "".
  [[nodiscard]] std::string forbidden(const Proposal& proposal, const Node* target) const;
  bool barred_by_limits(const Proposal& proposal, Decision& decision);
  bool barred_by_place(const Proposal& proposal, Decision& decision);
  bool barred_at(const BestNode& best, const Proposal& proposal, const Feasibility& feasibility, Decision& decision) const;
  bool barred_at(const OneOf& one_of, const Proposal& proposal, const Feasibility& feasibility, Decision& decision) const;
  bool barred_at(const Named& named, const Proposal& proposal, const Feasibility& feasibility, Decision& decision) const;
  [[nodiscard]] const ObjectKey* stranger_on_target(const Proposal& proposal, const Named& named) const;
  bool barred_by_cost(const Proposal& proposal, Decision& decision) const;
  // Whether the node can take it now; `full`: were it not for what arrives there already.
  [[nodiscard]] Candidate candidate(const Proposal& proposal, const Node& node, const Feasibility& feasibility, bool& full) const;
  // The same, with the pressure that the VM would bring about there.
  [[nodiscard]] Candidate candidate_for(const Proposal& proposal, const Node& node, const Feasibility& feasibility,
                                        bool& full) const;
  Loads& loads();

  const ClusterView& view_;
  const Roster& roster_;
  const UseTable& use_;
  const CoreOptions& options_;
  Forbids forbids_;
  Plan plan_;
  std::optional<Loads> loads_;  // when first asked for: most proposals wait for something else
  Bounds bounds_;
  const Ledger& ledger_;
  Limits limits_;
  Instant now_;
};

}  // namespace drover
