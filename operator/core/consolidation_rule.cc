#include "core/consolidation_rule.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/feasibility.h"
#include "core/load.h"
#include "core/look.h"
#include "core/make_pool.h"
#include "core/reserve.h"
#include "core/selection.h"
#include "core/window.h"

namespace drover {
namespace {

constexpr Duration kUseTooOld = minutes{10};    // figures, or twice the interval between two rounds if that is more
constexpr Duration kHandHolds = hours{1};       // a node that a person uncordoned stays in service so long, or as its label says
constexpr Duration kBlindRetry = minutes{1};    // between two tries to get figures that tell something
constexpr Duration kArrivalPace = seconds{10};  // least time between two looks at who waits for a node

// Strategies count CPU and memory; a node may also run only so many pods. What finds no place is not moved, and a node that moves
// alone would not empty is not retired for them.
void leave_what_finds_no_place(const ClusterView& view, const Plan& plan, const Pool& pool, Advice& advice) {
  std::map<int, std::int64_t> places;
  std::set<int> stay;
  const auto source = [&](const Relocation& move) { return pool.vms.at(static_cast<std::size_t>(move.vm)).node; };
  std::erase_if(advice.moves, [&](const Relocation& move) {
    if (source(move) < 0 || source(move) == move.target) return false;
    const auto [at, fresh] = places.try_emplace(move.target, 0);
    const Node* target = view.node(pool.nodes.at(static_cast<std::size_t>(move.target)).name);
    if (fresh && target != nullptr) at->second = places_on(view, *target) - plan.inbound(target->name);
    if (at->second-- > 0) return false;
    stay.insert(source(move));
    return true;
  });
  std::erase_if(advice.orders,
                [&](const NodeOrder& order) { return order.act == NodeOrder::Act::Retire && stay.contains(order.node); });
  std::erase_if(advice.moves, [&](const Relocation& move) { return !move.relief && stay.contains(source(move)); });
}

}  // namespace

void ConsolidationRule::prepare(const Policy& policy, Look& look) {
  if (arrivals_.any_news(look.roster(), look.time())) {
    if (look.time() >= round_.welcomed + kArrivalPace) {
      welcome(policy, look);
    } else {
      look.wake(round_.welcomed + kArrivalPace);
    }
  }
  if (look.time() >= round_.next && look.use_is_fresh()) {
    round_.blind = why_blind(look);
    if (round_.blind.empty()) {
      hold_round(policy, look);
    } else {
      wait_for_figures(look);
    }
  }
  if (round_.next > look.time()) look.wake(round_.next);
  if (const auto due = arrivals_.next(); due && *due > look.time()) look.wake(*due);
}

// An arrival is never blocked, whatever the strategy says, and whether or not figures are there. What stands of the strategy's
// advice stands on, but for nodes that come back.
void ConsolidationRule::welcome(const Policy& policy, Look& look) {
  round_.welcomed = look.time();
  for (Arrivals::Return& back : arrivals_.make_room(look.view(), look.roster(), policy.ref.uid, look.time())) {
    std::erase_if(round_.wanted, [&](const WantedMove& move) { return move.source == back.node && !move.relief; });
    round_.orders.insert_or_assign(std::move(back.node), StandingOrder{back.act, std::move(back.reason), look.time()});
  }
}

// Why what VMs use says nothing now, or "". A VM that has just come need not be measured yet.
std::string ConsolidationRule::why_blind(Look& look) const {
  const UseTable& use = look.use();
  const Duration age = std::max(Duration::zero(), look.time() - use.sampled) + use.age;
  const Duration most = std::max<Duration>(kUseTooOld, 2 * settings_.interval);
  if (age > most) {
    return "what VMs use was measured " + to_string(std::chrono::floor<seconds>(age)) + " ago, and figures older than " +
           to_string(most) + " say nothing";
  }
  bool expected = false;
  for (const Roster::Entry& entry : look.roster().entries()) {
    const Vm& vm = *entry.vm;
    if (entry.is_final || vm.node.empty() || is_new_to_metrics(vm, look.time())) continue;
    expected = true;
    if (const auto at = use.vms.find(entry.key); at != use.vms.end() && demand_of(at->second)) return "";
  }
  return expected ? "no VM's CPU and memory use is known" : "";
}

// No round is held, and what the last one said of packing and of nodes stands no longer; nodes come back for pods that wait.
void ConsolidationRule::wait_for_figures(const Look& look) {
  round_.next = look.time() + std::min<Duration>(settings_.interval, kBlindRetry);
  round_.wanted.clear();
  round_.notes.clear();
  const auto held = arrivals_.held_for_them();
  std::erase_if(round_.orders, [&](const auto& entry) { return !held.contains(entry.first); });
}

void ConsolidationRule::hold_round(const Policy& policy, Look& look) {
  if (!round_.strategy) round_.strategy = strategies_(settings_);
  welcome(policy, look);  // first: it is known then which nodes come back
  auto kept_on = look.kept_on();
  kept_on.merge(arrivals_.held_for_them());
  for (const auto& [node, at] : uncordoned_) kept_on.emplace(node, "a person has uncordoned it less than an hour ago");
  const Pool pool = make_pool({look.view(), look.roster(), look.lives(), look.use(), look.options(), look.plan(), look.ledger(),
                               look.refusals(), std::move(kept_on), look.time()},
                              policy, settings_);
  Advice advice = round_.strategy->advise(pool);
  leave_what_finds_no_place(look.view(), look.plan(), pool, advice);
  round_.held = look.time();
  round_.next = look.time() + settings_.interval;
  round_.notes = std::move(advice.notes);
  const auto held = arrivals_.held_for_them();
  std::erase_if(round_.orders, [&](const auto& entry) { return entry.second.given < look.time() || !held.contains(entry.first); });
  for (NodeOrder& order : advice.orders) {
    const std::string& name = pool.nodes.at(static_cast<std::size_t>(order.node)).name;
    if (held.contains(name) || (order.act == NodeOrder::Act::Retire && uncordoned_.contains(name))) continue;
    round_.orders.insert_or_assign(name, StandingOrder{order.act, std::move(order.reason), look.time()});
  }
  round_.wanted.clear();
  std::int64_t packing = 0;
  std::set<std::string> later;  // nodes whose VMs are moved in a later round
  for (Relocation& move : advice.moves) {
    const PoolVm& vm = pool.vms.at(static_cast<std::size_t>(move.vm));
    if (vm.node < 0 || vm.node == move.target) continue;
    if (!move.relief && ++packing > settings_.max_moves) {
      later.insert(pool.nodes.at(static_cast<std::size_t>(vm.node)).name);
      continue;
    }
    round_.wanted.push_back({.vm = vm.key,
                             .vm_uid = vm.uid,
                             .source = pool.nodes.at(static_cast<std::size_t>(vm.node)).name,
                             .target = pool.nodes.at(static_cast<std::size_t>(move.target)).name,
                             .relief = move.relief,
                             .reason = std::move(move.reason),
                             .company = {}});
  }
  for (const WantedMove& move : round_.wanted) later.erase(move.source);
  std::erase_if(round_.orders,
                [&](const auto& order) { return order.second.act == NodeOrder::Act::Retire && later.contains(order.first); });
  add_company(round_.wanted, pool, look);
}

// The VMs that run on a target, are on their way there or are wanted there. Those of the pool are not all: some end now, and some
// moves are of VMs that are not packed. A move may rely on those before it that make room at its target.
void ConsolidationRule::add_company(std::vector<WantedMove>& wanted, const Pool& pool, Look& look) {
  std::map<std::string, std::set<ObjectKey>> company;  // by target
  for (const WantedMove& move : wanted) company[move.target].insert(move.vm);
  const auto add = [&](const std::string& node, const ObjectKey& vm) {
    if (const auto at = company.find(node); at != company.end()) at->second.insert(vm);
  };
  for (const PoolVm& vm : pool.vms) {
    if (vm.node >= 0) add(pool.nodes.at(static_cast<std::size_t>(vm.node)).name, vm.key);
  }
  for (const auto& [key, move] : look.plan().all()) add(move.target, key);
  for (auto& [node, vms] : company) {
    if (const auto residents = look.view().vms_by_node.find(node); residents != look.view().vms_by_node.end())
      vms.insert(residents->second.begin(), residents->second.end());
  }
  for (WantedMove& move : wanted) {
    move.company = company.at(move.target);
    if (const auto left = company.find(move.source); left != company.end()) left->second.erase(move.vm);
  }
}

// A node closes for newcomers when its VMs are about to leave it, not before: until its turn comes, it serves. Those that are being
// emptied may between them fill the moves that the policy and KubeVirt allow at once; of one node KubeVirt lets only so many leave.
void ConsolidationRule::take_turns(const Policy& policy, Look& look, std::vector<LifeStep>& steps) const {
  const ClusterView& view = look.view();
  const auto leaving = [&](const std::string& node) {
    const auto vms = view.vms_by_node.find(node);
    const std::int64_t held = vms == view.vms_by_node.end() ? 0 : static_cast<std::int64_t>(vms->second.size());
    return std::min(held, view.limits.out_of_node);
  };
  std::map<std::string, LifeStep*> retiring;
  for (LifeStep& step : steps) {
    const auto order = round_.orders.find(step.node);
    const bool ordered = order != round_.orders.end() && order->second.act == NodeOrder::Act::Retire;
    if (ordered && step.mark && step.mark->marks.life == NodeLife::Retiring) retiring.emplace(step.node, &step);
  }
  if (retiring.empty()) return;
  const std::int64_t allowed = std::min(
      view.limits.in_cluster, budget_at(
                                  policy.spec, view.time_zones, [&] { return selected_count(view, policy); }, look.time()));
  std::int64_t used = 0;
  for (const auto& [key, node] : view.nodes) {
    const bool being_emptied = node->marks.life == NodeLife::Retiring || node->marks.life == NodeLife::Draining;
    if (being_emptied && node->marks.policy_uid == policy.ref.uid) used += leaving(node->name);
  }
  for (const WantedMove& move : round_.wanted) {
    const auto found = retiring.find(move.source);
    if (found == retiring.end()) continue;
    if (used >= allowed) {
      found->second->mark.reset();
      found->second->held_up = "its turn comes when the nodes before it are empty";
    } else {
      used += leaving(move.source);
    }
    retiring.erase(found);
  }
}

std::vector<LifeStep> ConsolidationRule::lead_nodes(const Policy& policy, Look& look) {
  auto steps = next_steps(look.view(), policy, settings_, round_.orders, look.lives(), look.power(), look.options(), look.plan(),
                          look.time());
  if (policy.spec.mode == PolicyMode::Enforce) take_turns(policy, look, steps);
  round_.held_up.clear();
  hands_.clear();
  for (const LifeStep& step : steps) {
    if (!step.held_up.empty()) round_.held_up[step.node] = step.held_up;
    if (step.hand.empty()) continue;
    if (step.mark) {
      uncordoned_[step.node] = look.time();
      round_.orders.erase(step.node);
    } else {
      hands_.push_back("node " + step.node + " is left as it is: " + step.hand);
    }
  }
  std::erase_if(uncordoned_, [&](const auto& entry) { return look.time() - entry.second >= kHandHolds; });
  for (const auto& [node, at] : uncordoned_) hands_.push_back("node " + node + " serves because a person has uncordoned it");
  return steps;
}

// A node is emptied only once it retires: what is moved off it would otherwise be moved for nothing.
bool ConsolidationRule::waits_for_its_node(const Policy& policy, const WantedMove& move, const ClusterView& view) const {
  const auto order = round_.orders.find(move.source);
  if (move.relief || order == round_.orders.end() || order->second.act != NodeOrder::Act::Retire) return false;
  if (policy.spec.mode != PolicyMode::Enforce) return round_.held_up.contains(move.source);
  const Node* node = view.node(move.source);
  return node == nullptr || node->marks.life == NodeLife::Active;
}

void ConsolidationRule::propose(const Policy& policy, Look& look, Findings& found) {
  const ClusterView& view = look.view();
  for (std::size_t i = 0; i < round_.wanted.size(); ++i) {
    const WantedMove& move = round_.wanted[i];
    const Vm* vm = view.vm(move.vm);
    if (vm == nullptr || vm->uid != move.vm_uid || vm->node != move.source || waits_for_its_node(policy, move, view)) continue;
    if (const PlannedMove* under_way = look.plan().find(move.vm)) {
      const auto why = why_immovable(view, *vm, look.plan());
      found.waiting.push_back({.vm = move.vm,
                               .policy = policy.ref,
                               .mode = policy.spec.mode,
                               .reason = why ? why->reason : Reason::Moving,
                               .message = why ? why->message : "",
                               .source = move.source,
                               .target = under_way->target});
      continue;
    }
    // Relief does not wait for a better target.
    found.proposals.push_back({.policy = &policy,
                               .vm = vm,
                               .destination = Named{move.target, move.relief ? nullptr : &move.company},
                               .why = {move.relief ? Reason::OverloadRelieved : Reason::Consolidated, move.reason},
                               .value = std::nullopt,
                               .breached_since = std::nullopt,
                               .severity = move.relief ? 1.0 : 0.0,
                               .order = i});
  }
}

void ConsolidationRule::put_back(Duration by) {
  arrivals_.put_back(by);
  for (auto& [node, at] : uncordoned_) at -= by;
  for (Instant* time : {&round_.held, &round_.next, &round_.welcomed}) {
    if (*time != Instant{}) *time -= by;
  }
  for (auto& [node, order] : round_.orders) order.given -= by;
}

bool ConsolidationRule::wants(const ObjectKey& vm, const Look& /*look*/) const {
  return std::any_of(round_.wanted.begin(), round_.wanted.end(), [&](const WantedMove& move) { return move.vm == vm; });
}

std::optional<std::string> ConsolidationRule::first_answer(const Policy& /*policy*/, const ClusterView& /*view*/) const {
  if (!round_.strategy && round_.blind.empty()) return std::nullopt;
  std::string orders;
  for (const auto& [node, order] : round_.orders) orders += node + " " + std::to_string(static_cast<int>(order.act)) + "\n";
  return orders;
}

RuleReport ConsolidationRule::report() const {
  RuleReport report;
  if (!round_.blind.empty()) report.problem = Error{ErrorClass::Retryable, round_.blind};
  report.remarks = hands_;
  if (const auto& aside = arrivals_.left_aside(); !aside.empty()) {
    report.remarks.push_back(aside.front() + (aside.size() > 1 ? " and " + std::to_string(aside.size() - 1) + " more" : "") +
                             " waits for a node, and nodes that came back did not help");
  }
  if (!round_.strategy) return report;
  report.round = {.held = round_.held, .next = round_.next, .orders = {}, .notes = round_.notes};
  const std::vector<std::string>& waiting = arrivals_.notes();
  report.round->notes.insert(report.round->notes.end(), waiting.begin(), waiting.end());
  for (const auto& [node, order] : round_.orders) {
    const auto held = round_.held_up.find(node);
    report.round->orders.push_back({node, order.act, order.reason, held != round_.held_up.end() ? held->second : ""});
  }
  return report;
}

Decision ConsolidationRule::why_quiet(const ObjectKey& /*vm*/) const {
  return {.reason = Reason::NotChosen, .message = "the strategy leaves it where it is"};
}

}  // namespace drover
