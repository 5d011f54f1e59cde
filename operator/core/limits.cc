#include "core/limits.h"

#include <algorithm>

#include "core/feasibility.h"
#include "core/selection.h"

namespace drover {
namespace {

std::string at(std::string_view before, const std::optional<Instant>& when) {
  return when ? std::string(before) + to_rfc3339(*when) : "";
}

// How many of the plan's moves are of VMs that the policy selects.
std::int64_t moves_under(const ClusterView& view, const Policy& policy, const Plan& plan) {
  return std::count_if(plan.all().begin(), plan.all().end(), [&](const auto& entry) {
    const Vm* vm = view.vm(entry.first);
    return !entry.second.queued && vm != nullptr && selects(view, policy, *vm);
  });
}

Limit in_time(Limit::Kind kind, const Policy* policy, std::optional<Instant> ends) {
  return {.kind = kind, .holds = ends.has_value(), .policy = policy, .not_before = ends};
}

Limit counted(Limit::Kind kind, std::int64_t used, std::int64_t allowed, std::string subject = {}) {
  return {.kind = kind, .holds = used >= allowed, .used = used, .allowed = allowed, .subject = std::move(subject)};
}

}  // namespace

std::string Limit::name() const {
  const std::string whose = policy != nullptr ? to_string(policy->ref.key) : "";
  switch (kind) {
    case Kind::Unreadable: return "whether " + whose + " can be read";
    case Kind::Schedule: return "schedule of " + whose;
    case Kind::Cooldown: return "cooldown of " + whose;
    case Kind::DailyMoves: return "moves in 24 h under " + whose;
    case Kind::Backoff: return "backoff after failures";
    case Kind::Refused: return "KubeVirt's admission";
    case Kind::DisruptionBudget: return "PodDisruptionBudgets";
    case Kind::Budget: return "budget of " + whose;
    case Kind::InCluster: return "KubeVirt's limit for the cluster";
    case Kind::OutOfNode: return "KubeVirt's limit out of " + subject;
    case Kind::Arrivals: return "arrivals at " + subject;
  }
  return "";
}

Reason Limit::reason() const {
  switch (kind) {
    case Kind::Unreadable: return Reason::PolicyUnreadable;
    case Kind::Schedule: return Reason::OutsideSchedule;
    case Kind::Cooldown: return Reason::CoolingDown;
    case Kind::DailyMoves: return Reason::DailyLimit;
    case Kind::Backoff: return Reason::BackingOff;
    case Kind::Refused: return Reason::Refused;
    case Kind::DisruptionBudget: return Reason::DisruptionBudgetPdb;
    case Kind::Budget: return Reason::BudgetExhausted;
    case Kind::InCluster: return Reason::ClusterLimit;
    case Kind::OutOfNode: return Reason::OutboundLimit;
    case Kind::Arrivals: return Reason::InboundLimit;
  }
  return Reason::InvariantViolated;
}

std::string Limit::text() const {
  const std::string whose = policy != nullptr ? name_of(*policy) : "";
  const std::string most = std::to_string(allowed);
  const std::string now = std::to_string(used);
  switch (kind) {
    case Kind::Unreadable: return whose + " cannot be read, so it lets nothing move: " + subject;
    case Kind::Schedule: return holds ? "outside the schedule of " + whose + at(", which opens at ", not_before) : "open";
    case Kind::Cooldown: return holds ? "it moved not long ago; " + whose + at(" lets it rest until ", not_before) : "over";
    case Kind::DailyMoves:
      return holds ? whose + " allows " + most + " moves in 24 h" + at("; the next at ", not_before) : now + " of " + most;
    case Kind::Backoff: return holds ? at("its last migration failed; it is tried again after ", not_before) : "none";
    case Kind::Refused: return holds ? subject + at("; it is tried again after ", not_before) : "nothing refused";
    case Kind::DisruptionBudget: return holds ? "PodDisruptionBudget " + subject + " allows no disruption now" : "none in the way";
    case Kind::Budget:
      if (!holds) return now + " of " + most + " under way";
      return "the budget of " + whose + " allows " + most + " at once and " + now + (used == 1 ? " is" : " are") + " under way";
    case Kind::InCluster:
      if (!holds) return now + " of " + most;
      return "KubeVirt allows " + most + " migrations at once in the cluster and " + now + " are under way";
    case Kind::OutOfNode:
      if (!holds) return now + " of " + most;
      return "KubeVirt allows " + most + " migrations at once from a node and " + now + " leave " + subject;
    case Kind::Arrivals: return holds ? now + " migrations already arrive there" : now + " of " + most;
  }
  return "";
}

bool Limits::each_of_its_own(const Vm& vm, const PolicyRef* by, const auto& visit) const {
  using Kind = Limit::Kind;
  for (const Bound* bound : bounds_.of(vm, by)) {
    const Policy* policy = bound->policy;
    const PerVm& per_vm = policy->spec.per_vm;
    const LimitsInForce in_force = limits_in_force(*policy, by);
    if (!bound->unreadable.empty() &&
        visit(Limit{.kind = Kind::Unreadable, .holds = true, .policy = policy, .subject = bound->unreadable}))
      return true;
    const ScheduleAnswer& schedule = bound->schedule;
    if (visit(Limit{.kind = Kind::Schedule, .holds = !schedule.open, .policy = policy, .not_before = schedule.opens_at}))
      return true;
    if (in_force.cooldown && visit(in_time(Kind::Cooldown, policy, ledger_.cooldown_ends(vm.uid, per_vm.cooldown, now_))))
      return true;
    if (!in_force.daily_moves) continue;
    Limit daily = counted(Kind::DailyMoves, ledger_.moves_in_day(vm.uid, now_), per_vm.moves_per_day);
    daily.policy = policy;
    if (daily.holds) daily.not_before = ledger_.day_frees_at(vm.uid, now_);
    if (visit(daily)) return true;
  }
  if (visit(in_time(Kind::Backoff, nullptr, ledger_.backoff_ends(vm.uid, now_)))) return true;
  const auto refusal = refusals_.find(vm.key);
  const bool refused = refusal != refusals_.end() && refusal->second.until > now_;
  Limit admission = in_time(Kind::Refused, nullptr, refused ? std::optional(refusal->second.until) : std::nullopt);
  if (refused) admission.subject = refusal->second.message;
  if (visit(admission)) return true;
  const DisruptionBudget* pdb = exhausted_budget(view_, vm);
  return visit(
      Limit{.kind = Kind::DisruptionBudget, .holds = pdb != nullptr, .subject = pdb != nullptr ? to_string(pdb->key) : ""});
}

bool Limits::each_shared(const Vm& vm, const Plan& plan, const PolicyRef* by, const auto& visit) {
  using Kind = Limit::Kind;
  for (const Bound* bound : bounds_.of(vm, by)) {
    if (!limits_in_force(*bound->policy, by).budgets) continue;
    Limit budget = counted(Kind::Budget, moves_under(view_, *bound->policy, plan), budget_of(*bound->policy));
    budget.policy = bound->policy;
    if (visit(budget)) return true;
  }
  return visit(counted(Kind::InCluster, plan.total(), view_.limits.in_cluster)) ||
         visit(counted(Kind::OutOfNode, plan.outbound(vm.node), view_.limits.out_of_node, vm.node));
}

std::optional<Limit> Limits::first(const Vm& vm, const Plan& plan, const PolicyRef* by) {
  std::optional<Limit> found;
  const auto holds = [&](const Limit& limit) {
    if (limit.holds) found = limit;
    return limit.holds;
  };
  if (!each_of_its_own(vm, by, holds)) each_shared(vm, plan, by, holds);
  return found;
}

std::vector<Limit> Limits::all(const Vm& vm, const Plan& plan, const PolicyRef* by) {
  std::vector<Limit> found;
  const auto keep = [&](const Limit& limit) {
    found.push_back(limit);
    return false;
  };
  each_of_its_own(vm, by, keep);
  each_shared(vm, plan, by, keep);
  return found;
}

bool Limits::any_of_its_own(const Vm& vm, const PolicyRef* by) const {
  return each_of_its_own(vm, by, [](const Limit& limit) { return limit.holds; });
}

std::int64_t Limits::budget_of(const Policy& policy) {
  const auto [at, fresh] = budgets_.try_emplace(policy.ref, 0);
  if (fresh) {
    at->second = budget_at(
        policy.spec, view_.time_zones, [&] { return selected_count(view_, policy); }, now_);
  }
  return at->second;
}

Limit arrivals_at(const Node& node, const Plan& plan, const CoreOptions& options) {
  return counted(Limit::Kind::Arrivals, plan.inbound(node.name), options.max_inbound_per_node, node.name);
}

}  // namespace drover
