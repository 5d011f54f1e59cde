#include "core/arbiter.h"

#include <algorithm>
#include <tuple>

#include "base/planted.h"
#include "base/quantity.h"
#include "core/cost.h"
#include "core/feasibility.h"
#include "core/selection.h"
#include "core/window.h"

namespace drover {
namespace {

bool settle(Decision& decision, Reason reason, std::string message, std::optional<Instant> not_before = std::nullopt) {
  decision.reason = reason;
  decision.message = std::move(message);
  decision.not_before = not_before;
  return true;
}

std::string named(const Policy& policy) {
  return (policy.ref.cluster_wide() ? "ClusterMigrationPolicy " : "MigrationPolicy ") + to_string(policy.ref.key);
}

// The obstacles of the most nodes first, so that the message names what is worth mending: "2 nodes: cpu: ...; n3: ...".
std::string obstacle_summary(const std::vector<Candidate>& candidates) {
  std::string text;
  int shown = 0;
  for (const Candidate& candidate : candidates) {
    if (candidate.feasible || candidate.obstacles.empty()) continue;
    if (++shown > 3) {
      text += "; ...";
      break;
    }
    text += (text.empty() ? "" : "; ") + candidate.node + ": " + candidate.obstacles.front();
  }
  return text.empty() ? "there is no other node" : text;
}

bool targets_disagree(const ClusterView& view, const std::vector<const Targets*>& allowed) {
  if (allowed.size() < 2) return false;
  const auto accepts = [](const Targets& targets, const Node& node) {
    for (const auto& [key, value] : targets.node_selector) {
      if (node.labels.value_or(key, "") != value) return false;
    }
    const auto zone = node.labels.value_or(label::kZone, "");
    return targets.zones.empty() || std::find(targets.zones.begin(), targets.zones.end(), zone) != targets.zones.end();
  };
  bool each_has_one = true;
  for (const Targets* targets : allowed) {
    each_has_one = each_has_one && std::any_of(view.nodes.begin(), view.nodes.end(),
                                               [&](const auto& entry) { return accepts(*targets, *entry.second); });
  }
  const bool common = std::any_of(view.nodes.begin(), view.nodes.end(), [&](const auto& entry) {
    return std::all_of(allowed.begin(), allowed.end(), [&](const Targets* targets) { return accepts(*targets, *entry.second); });
  });
  return each_has_one && !common;
}

}  // namespace

bool judged_before(const Proposal& a, const Proposal& b) {
  const auto rank = [](const Proposal& p) { return p.policy->spec.mode == PolicyMode::Enforce ? 0 : 1; };
  return std::make_tuple(rank(a), -a.severity, a.breach.breached_since.value_or(Instant{}), a.order, std::cref(a.vm->key),
                         std::cref(a.policy->ref)) < std::make_tuple(rank(b), -b.severity,
                                                                     b.breach.breached_since.value_or(Instant{}), b.order,
                                                                     std::cref(b.vm->key), std::cref(b.policy->ref));
}

std::int64_t moves_under(const ClusterView& view, const Policy& policy, const Plan& plan) {
  return std::count_if(plan.all().begin(), plan.all().end(), [&](const auto& entry) {
    const Vm* vm = view.vm(entry.first);
    return vm != nullptr && selects(view, policy, *vm);
  });
}

Arbiter::Arbiter(const ClusterView& view, const UseTable& use, const CoreOptions& options, const Ledger& ledger,
                 const std::map<ObjectKey, Refusal>& refusals, Plan plan, Instant now)
    : view_(view),
      use_(use),
      options_(options),
      ledger_(ledger),
      refusals_(refusals),
      plan_(std::move(plan)),
      loads_(view, use, plan_),
      now_(now) {}

Decision Arbiter::judge(const Proposal& proposal) {
  Decision decision{.vm = proposal.vm->key,
                    .policy = proposal.policy->ref,
                    .mode = proposal.policy->spec.mode,
                    .value = proposal.breach.value,
                    .breached_since = proposal.breach.breached_since,
                    .source = proposal.vm->node};
  if (barred_by_vm(proposal, decision) || barred_by_time(proposal, decision) || barred_by_count(proposal, decision) ||
      barred_by_place(proposal, decision) || barred_by_cost(proposal, decision)) {
    return decision;
  }
  decision.move = true;
  if (proposal.wanted != nullptr) {
    decision.reason = proposal.wanted->relief ? Reason::OverloadRelieved : Reason::Consolidated;
    decision.message = proposal.wanted->reason;
  } else {
    const auto& settings = std::get<ThresholdSettings>(proposal.policy->spec.settings);
    decision.reason = Reason::ThresholdCrossed;
    decision.message = breach_text(settings, proposal.breach, now_) + "; from " + decision.source + " to " + decision.target +
                       " its node's pressure goes from " + number_text(*decision.pressure_now) + " to " +
                       number_text(*decision.pressure_after);
  }
  const Demand demand = demand_of(use_, proposal.vm->key).value_or(Demand{});
  loads_.leave(decision.source, demand);
  loads_.arrive(decision.target, demand);
  plan_.add({.vm = decision.vm, .source = decision.source, .target = decision.target, .ours = true, .policy = decision.policy});
  return decision;
}

bool Arbiter::barred_by_vm(const Proposal& proposal, Decision& decision) const {
  if (!view_.kubevirt.present) return settle(decision, Reason::KubeVirtAbsent, "no KubeVirt object was found in the cluster");
  if (!capabilities(view_.kubevirt).added_node_selector) {
    return settle(decision, Reason::KubeVirtTooOld,
                  "KubeVirt " + view_.kubevirt.version + " cannot be told where to migrate to; 1.6 or newer is needed");
  }
  const auto immovable = why_immovable(view_, *proposal.vm, plan_);
  return immovable && settle(decision, immovable->reason, immovable->message);
}

bool Arbiter::barred_by_time(const Proposal& proposal, Decision& decision) const {
  const Vm& vm = *proposal.vm;
  for (const Policy* policy : bounding_policies(view_, vm)) {
    const ScheduleAnswer schedule = schedule_at(policy->spec, view_.time_zones, now_);
    if (!schedule.open) {
      return settle(decision, Reason::OutsideSchedule,
                    "outside the schedule of " + named(*policy) +
                        (schedule.opens_at ? ", which opens at " + to_rfc3339(*schedule.opens_at) : ""),
                    schedule.opens_at);
    }
    if (const auto until = ledger_.cooldown_ends(vm.uid, policy->spec.per_vm.cooldown, now_)) {
      return settle(decision, Reason::CoolingDown,
                    "it moved not long ago; " + named(*policy) + " lets it rest until " + to_rfc3339(*until), until);
    }
    if (ledger_.moves_in_day(vm.uid, now_) >= policy->spec.per_vm.moves_per_day) {
      const auto until = ledger_.day_frees_at(vm.uid, now_);
      return settle(decision, Reason::DailyLimit,
                    named(*policy) + " allows " + std::to_string(policy->spec.per_vm.moves_per_day) + " moves in 24 h" +
                        (until ? "; the next at " + to_rfc3339(*until) : ""),
                    until);
    }
  }
  if (const auto until = ledger_.backoff_ends(vm.uid, now_)) {
    return settle(decision, Reason::BackingOff, "its last migration failed; it is tried again after " + to_rfc3339(*until), until);
  }
  if (const auto refusal = refusals_.find(vm.key); refusal != refusals_.end() && refusal->second.until > now_) {
    return settle(decision, Reason::Refused,
                  refusal->second.message + "; it is tried again after " + to_rfc3339(refusal->second.until),
                  refusal->second.until);
  }
  return false;
}

std::int64_t Arbiter::selected_count(const Policy& policy) {
  const auto [at, fresh] = selected_counts_.try_emplace(policy.ref, 0);
  if (fresh) at->second = static_cast<std::int64_t>(selected_vms(view_, policy).size());
  return at->second;
}

bool Arbiter::barred_by_count(const Proposal& proposal, Decision& decision) {
  const Vm& vm = *proposal.vm;
  if (const Pod* pod = active_launcher(view_, vm)) {
    for (const auto& [key, pdb] : view_.disruption_budgets) {
      if (key.ns == vm.key.ns && pdb->disruptions_allowed <= 0 && pdb->selector.matches(pod->labels)) {
        return settle(decision, Reason::DisruptionBudgetPdb, "PodDisruptionBudget " + to_string(key) + " allows no disruption now");
      }
    }
  }
  for (const Policy* policy : bounding_policies(view_, vm)) {
    const std::int64_t allowed = budget_at(policy->spec, view_.time_zones, selected_count(*policy), now_);
    const std::int64_t moving = moves_under(view_, *policy, plan_);
    if (moving >= allowed && !planted(Bug::IgnoresBudgets)) {
      return settle(decision, Reason::BudgetExhausted,
                    "the budget of " + named(*policy) + " allows " + std::to_string(allowed) + " at once and " +
                        std::to_string(moving) + (moving == 1 ? " is" : " are") + " under way");
    }
  }
  if (planted(Bug::IgnoresKubeVirtLimits)) return false;
  if (plan_.total() >= view_.kubevirt.parallel_migrations_per_cluster) {
    return settle(decision, Reason::ClusterLimit,
                  "KubeVirt allows " + std::to_string(view_.kubevirt.parallel_migrations_per_cluster) +
                      " migrations at once in the cluster and " + std::to_string(plan_.total()) + " are under way");
  }
  if (plan_.outbound(vm.node) >= view_.kubevirt.parallel_outbound_migrations_per_node) {
    return settle(decision, Reason::OutboundLimit,
                  "KubeVirt allows " + std::to_string(view_.kubevirt.parallel_outbound_migrations_per_node) +
                      " migrations at once from a node and " + std::to_string(plan_.outbound(vm.node)) + " leave " + vm.node);
  }
  return false;
}

bool Arbiter::barred_by_place(const Proposal& proposal, Decision& decision) const {
  const Vm& vm = *proposal.vm;
  const auto demand = demand_of(use_, vm.key);
  decision.pressure_now = loads_.pressure_now(vm.node);
  if (proposal.wanted == nullptr && (!demand || !decision.pressure_now)) {
    return settle(decision, Reason::UseUnknown, "what it uses was not measured, so no node can be said to suit it better");
  }
  std::vector<const Targets*> allowed;
  for (const Policy* policy : bounding_policies(view_, vm)) allowed.push_back(&policy->spec.targets);
  if (targets_disagree(view_, allowed)) {
    return settle(decision, Reason::PoliciesDisagree, "the policies that select it allow targets that have no node in common");
  }

  const Candidate* best = nullptr;
  bool inbound_full = false;
  const Feasibility feasibility(view_, vm, plan_, allowed);
  decision.candidates.reserve(view_.nodes.size());
  for (const auto& [key, node] : view_.nodes) {
    if (node->name == vm.node) continue;
    Candidate candidate{.node = node->name, .obstacles = feasibility.obstacles(*node)};
    candidate.feasible = candidate.obstacles.empty();
    if (candidate.feasible && plan_.inbound(node->name) >= options_.max_inbound_per_node) {
      candidate.feasible = false;
      inbound_full = true;
      candidate.obstacles.push_back(std::to_string(plan_.inbound(node->name)) + " migrations already arrive there");
    }
    if (demand) candidate.pressure_after = loads_.pressure_with(node->name, *demand);
    decision.candidates.push_back(std::move(candidate));
  }
  if (proposal.wanted != nullptr) return barred_by_target(proposal, decision, inbound_full);
  for (const Candidate& candidate : decision.candidates) {
    if (candidate.feasible && candidate.pressure_after && (best == nullptr || *candidate.pressure_after < *best->pressure_after)) {
      best = &candidate;
    }
  }
  if (best == nullptr) {
    return settle(decision, inbound_full ? Reason::InboundLimit : Reason::NoFeasibleNode,
                  "no node can take it: " + obstacle_summary(decision.candidates));
  }
  decision.target = best->node;
  decision.pressure_after = best->pressure_after;
  if (*decision.pressure_after >= *decision.pressure_now) {
    return settle(decision, Reason::NoBetterNode,
                  "the best node, " + best->node + ", would have a pressure of " + number_text(*best->pressure_after) + "; " +
                      vm.node + " has " + number_text(*decision.pressure_now));
  }
  return false;
}

bool Arbiter::barred_by_target(const Proposal& proposal, Decision& decision, bool inbound_full) const {
  const auto chosen = std::find_if(decision.candidates.begin(), decision.candidates.end(),
                                   [&](const Candidate& candidate) { return candidate.node == proposal.wanted->target; });
  if (chosen == decision.candidates.end()) {
    return settle(decision, Reason::NoFeasibleNode, "node " + proposal.wanted->target + ", where it was to go, is gone");
  }
  if (!chosen->feasible) {
    const bool full = inbound_full && plan_.inbound(chosen->node) >= options_.max_inbound_per_node && chosen->obstacles.size() == 1;
    return settle(decision, full ? Reason::InboundLimit : Reason::NoFeasibleNode,
                  chosen->node + ", where it was to go, cannot take it now: " + chosen->obstacles.front());
  }
  decision.target = chosen->node;
  decision.pressure_after = chosen->pressure_after;
  return false;
}

bool Arbiter::barred_by_cost(const Proposal& proposal, Decision& decision) const {
  Estimate estimate = estimate_move(view_, *proposal.vm, use_, options_);
  decision.cost = estimate.cost;
  if (!estimate.never_ends.empty())
    return settle(decision, Reason::WontConverge, "the copy would never end: " + estimate.never_ends);
  if (proposal.wanted != nullptr) return false;  // its strategy has weighed gain against cost
  const auto& settings = std::get<ThresholdSettings>(proposal.policy->spec.settings);
  const double gain = *decision.pressure_now - *decision.pressure_after;
  if (gain < settings.minimum_gain) {
    return settle(decision, Reason::NotWorthIt,
                  "moving it to " + decision.target + " would take " + number_text(gain) + " off its node's pressure of " +
                      number_text(*decision.pressure_now) + "; minimumGain asks for " + number_text(settings.minimum_gain));
  }
  // The gain lasts at least until it may move again; the cost is the speed lost while it is copied, and the downtime.
  const double gain_seconds = gain * to_seconds(std::max<Duration>(proposal.policy->spec.per_vm.cooldown, minutes{10}));
  const double cost_seconds = options_.copy_overhead * to_seconds(estimate.cost.duration) + to_seconds(estimate.cost.downtime);
  if (gain_seconds <= cost_seconds) {
    return settle(decision, Reason::NotWorthIt,
                  "copying " + bytes_text(static_cast<std::int64_t>(estimate.cost.copy_bytes)) + " would cost it " +
                      number_text(cost_seconds) + " s of work and gain it " + number_text(gain_seconds) +
                      " s until it may move again");
  }
  return false;
}

}  // namespace drover
