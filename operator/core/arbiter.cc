#include "core/arbiter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "base/quantity.h"
#include "core/cost.h"
#include "core/selection.h"

namespace drover {
namespace {

bool refuse(Decision& decision, Reason reason, std::string message, std::optional<Instant> not_before = std::nullopt) {
  decision.reason = reason;
  decision.message = std::move(message);
  decision.not_before = not_before;
  return true;
}

constexpr Duration kAging = minutes{10};
constexpr int kRunnersUp = 8;  // nodes that are looked at besides the one that is chosen

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

double urgency(const Proposal& proposal) {
  const double severity = std::max(proposal.severity, 0.0);
  const double bounded = std::isinf(severity) ? 1 : severity / (1 + severity);
  return bounded + to_seconds(proposal.waited) / to_seconds(kAging);
}

bool judged_before(const Proposal& a, const Proposal& b) {
  const auto rank = [](const Proposal& p) { return p.policy->spec.mode == PolicyMode::Enforce ? 0 : 1; };
  return std::make_tuple(rank(a), -urgency(a), a.breached_since.value_or(Instant{}), a.order, std::cref(a.vm->key),
                         std::cref(a.policy->ref)) < std::make_tuple(rank(b), -urgency(b), b.breached_since.value_or(Instant{}),
                                                                     b.order, std::cref(b.vm->key), std::cref(b.policy->ref));
}

Arbiter::Arbiter(const ClusterView& view, const Roster& roster, const UseTable& use, const CoreOptions& options,
                 const Ledger& ledger, const std::map<ObjectKey, Refusal>& refusals, Forbids forbids, Plan plan, Instant now)
    : view_(view),
      roster_(roster),
      use_(use),
      options_(options),
      forbids_(std::move(forbids)),
      plan_(std::move(plan)),
      bounds_(view, now),
      ledger_(ledger),
      limits_(view, bounds_, ledger, refusals, now),
      now_(now) {}

Decision Arbiter::judge(const Proposal& proposal) {
  DROVER_CHECK(proposal.policy != nullptr && proposal.vm != nullptr);
  Decision decision{.vm = proposal.vm->key,
                    .policy = proposal.policy->ref,
                    .mode = proposal.policy->spec.mode,
                    .value = proposal.value,
                    .breached_since = proposal.breached_since,
                    .source = proposal.vm->node};
  if (barred_by_vm(proposal, decision) || barred_by_policy(proposal, decision) || barred_by_limits(proposal, decision) ||
      barred_by_place(proposal, decision) || barred_by_cost(proposal, decision)) {
    return decision;
  }
  decision.move = true;
  decision.reason = proposal.why.reason;
  decision.message = proposal.why.text;
  decision.assumes = proposal.why.assumes;
  if (std::holds_alternative<BestNode>(proposal.destination)) {
    decision.message += "; from " + decision.source + " to " + decision.target + " its node's pressure goes from " +
                        number_text(*decision.pressure_now) + " to " + number_text(*decision.pressure_after);
  }
  DROVER_CHECK(decision.target != decision.source && !plan_.moves(decision.vm));
  const Demand demand = demand_of(use_, proposal.vm->key).value_or(Demand{});
  loads().leave(decision.source, demand);
  loads().arrive(decision.target, demand);
  plan_.add({.vm = decision.vm, .source = decision.source, .target = decision.target, .ours = true, .policy = decision.policy});
  return decision;
}

bool Arbiter::barred_by_vm(const Proposal& proposal, Decision& decision) const {
  if (const auto immovable = why_immovable(view_, *proposal.vm, plan_))
    return refuse(decision, immovable->reason, immovable->message);
  const Node* source = view_.node(proposal.vm->node);
  if (source == nullptr) return false;
  std::string why = why_no_copy_begins(view_, *source);
  return !why.empty() && refuse(decision, Reason::SourceNotReady, std::move(why));
}

bool Arbiter::barred_by_policy(const Proposal& proposal, Decision& decision) const {
  std::string why = forbidden(proposal, nullptr);
  return !why.empty() && refuse(decision, Reason::Forbidden, std::move(why));
}

std::string Arbiter::forbidden(const Proposal& proposal, const Node* target) const {
  for (const Policy* policy : bounds_.selecting(*proposal.vm)) {
    if (const std::string why = forbids_(*policy, proposal, target); !why.empty()) return name_of(*policy) + " forbids it: " + why;
  }
  return {};
}

bool Arbiter::barred_by_limits(const Proposal& proposal, Decision& decision) {
  const auto limit = limits_.first(*proposal.vm, plan_, &proposal.policy->ref);
  return limit && refuse(decision, limit->reason(), limit->text(), limit->not_before);
}

Loads& Arbiter::loads() {
  if (!loads_) loads_.emplace(view_, roster_, use_, plan_);
  return *loads_;
}

Candidate Arbiter::candidate(const Proposal& proposal, const Node& node, const Feasibility& feasibility, bool& full) const {
  Candidate found{.node = node.name, .obstacles = feasibility.obstacles(node)};
  if (found.obstacles.empty()) {
    if (std::string why = forbidden(proposal, &node); !why.empty()) found.obstacles.push_back(std::move(why));
  }
  found.feasible = found.obstacles.empty();
  if (!found.feasible) return found;
  const Limit arrivals = arrivals_at(node, plan_, options_);
  full = arrivals.holds;
  if (full) {
    found.feasible = false;
    found.obstacles.push_back(arrivals.text());
  }
  return found;
}

bool Arbiter::barred_by_place(const Proposal& proposal, Decision& decision) {
  const Vm& vm = *proposal.vm;
  const auto demand = demand_of(use_, vm.key);
  decision.pressure_now = loads().pressure_now(vm.node);
  if (std::holds_alternative<BestNode>(proposal.destination) && (!demand || !decision.pressure_now)) {
    return refuse(decision, Reason::UseUnknown, "what it uses was not measured, so no node can be said to suit it better");
  }
  const std::vector<const Targets*> allowed = bounds_.targets_of(vm, &proposal.policy->ref);
  if (targets_disagree(view_, allowed)) {
    return refuse(decision, Reason::PoliciesDisagree, "the policies that select it allow targets that have no node in common");
  }
  const Feasibility feasibility(view_, vm, plan_, allowed);
  return std::visit([&](const auto& to) { return barred_at(to, proposal, feasibility, decision); }, proposal.destination);
}

// The nodes are looked at from the one where it would do best on, until one can take it, and some further on for whoever asks what
// else there was. Looking at all of a large cluster's takes longer than an event may.
bool Arbiter::barred_at(const BestNode& /*best*/, const Proposal& proposal, const Feasibility& feasibility,
                        Decision& decision) const {
  const Vm& vm = *proposal.vm;
  const auto known = demand_of(use_, vm.key);
  DROVER_CHECK(known && decision.pressure_now && loads_);  // barred_by_place() has seen to that
  const Demand demand = *known;
  const std::map<std::string, Instant> failed = ledger_.failed_targets(vm.uid, now_);
  struct Seat {
    bool failed;      // it did not get there lately: others first
    double pressure;  // infinite when it is unknown
    std::size_t number;
    const Node* node;
  };
  const auto worse = [](const Seat& a, const Seat& b) {
    return std::tie(b.failed, b.pressure, b.number) < std::tie(a.failed, a.pressure, a.number);
  };
  constexpr double kUnknown = std::numeric_limits<double>::infinity();
  std::vector<Seat> seats;
  seats.reserve(view_.nodes.size());
  std::size_t number = 0;
  for (const auto& [key, node] : view_.nodes) {
    if (node->name != vm.node)
      seats.push_back({failed.contains(node->name), loads_->pressure_with(number, demand).value_or(kUnknown), number, node.get()});
    ++number;
  }
  std::make_heap(seats.begin(), seats.end(), worse);
  bool any_full = false;
  bool found = false;
  int runners_up = 0;
  for (; !seats.empty() && (!found || runners_up < kRunnersUp); seats.pop_back()) {
    std::pop_heap(seats.begin(), seats.end(), worse);
    const Seat& seat = seats.back();
    bool full = false;
    Candidate one = candidate(proposal, *seat.node, feasibility, full);
    any_full = any_full || full;
    if (seat.pressure < kUnknown) one.pressure_after = seat.pressure;
    if (found) {
      ++runners_up;
    } else if (one.feasible && one.pressure_after) {
      found = true;
      decision.target = one.node;
      decision.pressure_after = one.pressure_after;
    }
    decision.candidates.push_back(std::move(one));
  }
  std::sort(decision.candidates.begin(), decision.candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.node < b.node; });
  if (!found) {
    return refuse(decision, any_full ? Reason::InboundLimit : Reason::NoFeasibleNode,
                  "no node can take it: " + obstacle_summary(decision.candidates));
  }
  if (*decision.pressure_after >= *decision.pressure_now) {
    return refuse(decision, Reason::NoBetterNode,
                  "the best node, " + decision.target + ", would have a pressure of " + number_text(*decision.pressure_after) +
                      "; " + vm.node + " has " + number_text(*decision.pressure_now));
  }
  return false;
}

bool Arbiter::barred_at(const OneOf& one_of, const Proposal& proposal, const Feasibility& feasibility, Decision& decision) const {
  bool any_full = false;
  const std::map<std::string, Instant> failed = ledger_.failed_targets(proposal.vm->uid, now_);
  std::vector<std::string> nodes = one_of.nodes;
  std::stable_partition(nodes.begin(), nodes.end(), [&](const std::string& name) { return !failed.contains(name); });
  for (const std::string& name : nodes) {
    const Node* node = view_.node(name);
    if (node == nullptr || name == proposal.vm->node) continue;
    bool full = false;
    decision.candidates.push_back(candidate_for(proposal, *node, feasibility, full));
    any_full = any_full || full;
    if (!decision.candidates.back().feasible) continue;
    decision.target = name;
    decision.pressure_after = decision.candidates.back().pressure_after;
    return false;
  }
  return refuse(decision, any_full ? Reason::InboundLimit : Reason::NoFeasibleNode,
                "none of the nodes where it may go can take it: " + obstacle_summary(decision.candidates));
}

bool Arbiter::barred_at(const Named& named, const Proposal& proposal, const Feasibility& feasibility, Decision& decision) const {
  const Node* node = view_.node(named.node);
  if (node == nullptr || named.node == proposal.vm->node) {
    return refuse(decision, Reason::NoFeasibleNode, "node " + named.node + ", where it was to go, is gone");
  }
  bool full = false;
  Candidate chosen = candidate_for(proposal, *node, feasibility, full);
  decision.candidates.push_back(chosen);
  if (!chosen.feasible) {
    return refuse(decision, full ? Reason::InboundLimit : Reason::NoFeasibleNode,
                  named.node + ", where it was to go, cannot take it now: " + chosen.obstacles.front());
  }
  if (const ObjectKey* stranger = stranger_on_target(proposal, named)) {
    return refuse(
        decision, Reason::AdviceOutdated,
        "VM " + to_string(*stranger) + " was not to be on " + named.node + " when that was chosen; the next round decides anew");
  }
  decision.target = named.node;
  decision.pressure_after = chosen.pressure_after;
  return false;
}

Candidate Arbiter::candidate_for(const Proposal& proposal, const Node& node, const Feasibility& feasibility, bool& full) const {
  DROVER_CHECK(loads_);
  Candidate found = candidate(proposal, node, feasibility, full);
  if (const auto demand = demand_of(use_, proposal.vm->key)) found.pressure_after = loads_->pressure_with(node.name, *demand);
  return found;
}

// A VM that stays on the target or goes there, and that whoever chose it did not reckon with.
const ObjectKey* Arbiter::stranger_on_target(const Proposal& proposal, const Named& named) const {
  if (named.company == nullptr) return nullptr;
  if (const auto residents = view_.vms_by_node.find(named.node); residents != view_.vms_by_node.end()) {
    for (const ObjectKey& key : residents->second) {
      const PlannedMove* move = plan_.find(key);
      const bool leaves = move != nullptr && move->target != named.node;
      const Vm* resident = view_.vm(key);
      DROVER_CHECK(resident != nullptr);  // the view's indexes name what its tables have
      if (!leaves && !named.company->contains(key) && !resident->is_final()) return &key;
    }
  }
  if (proposal.policy->spec.mode != PolicyMode::Enforce) return nullptr;  // what others recommend is not under way
  for (const auto& [key, move] : plan_.all()) {
    if (move.target == named.node && !named.company->contains(key)) return &key;
  }
  return nullptr;
}

bool Arbiter::barred_by_cost(const Proposal& proposal, Decision& decision) const {
  Estimate estimate = estimate_move(view_, *proposal.vm, use_, options_);
  decision.cost = estimate.cost;
  if (!estimate.never_ends.empty())
    return refuse(decision, Reason::WontConverge, "the copy would never end: " + estimate.never_ends);
  const auto* best = std::get_if<BestNode>(&proposal.destination);
  if (best == nullptr) return false;  // whoever chose the node has weighed gain against cost
  DROVER_CHECK(decision.pressure_now && decision.pressure_after);
  const double gain = *decision.pressure_now - *decision.pressure_after;
  if (gain < best->minimum_gain) {
    return refuse(decision, Reason::NotWorthIt,
                  "moving it to " + decision.target + " would take " + number_text(gain) + " off its node's pressure of " +
                      number_text(*decision.pressure_now) + "; minimumGain asks for " + number_text(best->minimum_gain));
  }
  // The gain lasts at least until it may move again; the cost is the speed lost while it is copied, and the downtime.
  const double gain_seconds = gain * to_seconds(std::max<Duration>(proposal.policy->spec.per_vm.cooldown, minutes{10}));
  const double cost_seconds = options_.copy_overhead * to_seconds(estimate.cost.duration) + to_seconds(estimate.cost.downtime);
  if (gain_seconds <= cost_seconds) {
    return refuse(decision, Reason::NotWorthIt,
                  "copying " + bytes_text(static_cast<std::int64_t>(estimate.cost.copy_bytes)) + " would cost it " +
                      number_text(cost_seconds) + " s of work and gain it " + number_text(gain_seconds) +
                      " s until it may move again");
  }
  return false;
}

}  // namespace drover
