#include "core/consolidation_rule.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "core/feasibility.h"
#include "core/load.h"
#include "core/look.h"
#include "core/make_pool.h"
#include "core/selection.h"
#include "core/window.h"

namespace drover {
namespace {

constexpr Duration kUseTooOld = minutes{10};  // figures, or twice the interval between two rounds if that is more
constexpr Duration kHandHolds = hours{1};     // a node that a person uncordoned stays in service so long, or as its label says
constexpr Duration kBlindRetry = minutes{1};  // between two tries to get figures that tell something
constexpr Duration kArrivalPace = milliseconds{500};     // least time between two looks at who waits for a node,
constexpr Duration kArrivalPaceOfOne = milliseconds{2};  // and for each that waits: a look costs as much as they are
constexpr int kOverdueIntervals = 3;                     // a round that is held for so many, and
constexpr Duration kOverdue = minutes{5};                // at least so long, is talked about

bool is_emptied_by(const Policy& policy, const Node& node) {
  const bool being_emptied = node.marks.life == NodeLife::Retiring || node.marks.life == NodeLife::Draining;
  return being_emptied && node.marks.policy_uid == policy.ref.uid;
}

}  // namespace

void ConsolidationRule::prepare(const Policy& policy, Look& look) {
  if (arrivals_.any_news(look.roster(), look.time())) {
    const Instant next = round_.welcomed + kArrivalPace + kArrivalPaceOfOne * static_cast<Duration::rep>(arrivals_.count());
    if (look.time() >= next) {
      welcome(policy, look);
    } else {
      look.wake(next);
    }
  }
  if (round_.answer) take_up_answer(policy, look);
  look_ahead(policy, look);
  if (round_.being_held != 0) watch_round(look);
  if (round_.being_held == 0 && look.time() >= round_.next && look.use_is_fresh()) {
    round_.blind = why_blind(look);
    if (round_.blind.empty()) {
      ask_for_round(policy, look);
    } else {
      forget_advice(look);
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
    round_.orders.insert_or_assign(std::move(back.node), StandingOrder{back.act, std::move(back.reason), look.time(), true});
  }
}

// Why what VMs use says nothing now, or "". A VM that has just come need not be measured yet.
std::string ConsolidationRule::why_blind(Look& look) const {
  const UseTable& use = *look.use();
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

// While a round is held, the advice of the one before stands only as long as figures say something.
void ConsolidationRule::watch_round(Look& look) {
  if (look.time() >= round_.check && look.use_is_fresh()) {
    round_.blind = why_blind(look);
    round_.check = look.time() + settings_.interval;
    if (!round_.blind.empty()) {
      forget_advice(look);
      round_.check = round_.next;
    }
  }
  if (round_.check > look.time()) look.wake(round_.check);
  const Instant overdue = round_.asked + std::max<Duration>(kOverdueIntervals * settings_.interval, kOverdue);
  round_.overdue = look.time() >= overdue;
  if (!round_.overdue) look.wake(overdue);
}

// No round is held, and what the last one said of packing and of nodes stands no longer; nodes come back for pods that wait.
void ConsolidationRule::forget_advice(const Look& look) {
  round_.next = look.time() + std::min<Duration>(settings_.interval, kBlindRetry);
  round_.wanted.clear();
  round_.notes.clear();
  const auto held = arrivals_.held_for_them();
  std::erase_if(round_.orders, [&](const auto& entry) { return !held.contains(entry.first); });
}

// Everything that the round is held on is shared or copied: it is held beside the loop.
void ConsolidationRule::ask_for_round(const Policy& policy, Look& look) {
  welcome(policy, look);  // first: it is known then which nodes come back
  auto kept_on = look.kept_on();
  kept_on.merge(arrivals_.held_for_them());
  for (const auto& [node, at] : uncordoned_) kept_on.emplace(node, "a person has uncordoned it less than an hour ago");
  std::vector<MoveRecord> moves;
  for (const MoveRecord* move : look.known_moves()) moves.push_back(*move);
  std::shared_ptr<Strategy> strategy = std::exchange(round_.strategy, nullptr);
  if (!strategy) strategy = strategies_(settings_);
  round_.asked = look.time();
  round_.next = look.time() + settings_.interval;
  round_.check = round_.next;
  round_.being_held =
      look.ask(HoldRound{policy.ref, std::make_shared<RoundQuestion>(RoundQuestion{
                                         .view = FrozenView(look.view(), round_.memory ? round_.memory->thawed.marks : ViewMarks{}),
                                         .settings = settings_,
                                         .lives = look.lives(),
                                         .use = look.use(),
                                         .options = look.options(),
                                         .plan = look.plan(),
                                         .moves = std::move(moves),
                                         .refusals = look.refusals(),
                                         .kept_on = std::move(kept_on),
                                         .asked = look.time(),
                                         .strategy = std::move(strategy),
                                         .memory = std::exchange(round_.memory, nullptr)})});
}

bool ConsolidationRule::take_up(const Policy& /*policy*/, const RoundHeld& answer) {
  if (answer.id != round_.being_held) return false;
  round_.answer = answer;
  return true;
}

void ConsolidationRule::take_up_answer(const Policy& policy, Look& look) {
  RoundHeld answer = *std::exchange(round_.answer, std::nullopt);
  round_.being_held = 0;
  round_.overdue = false;
  round_.strategy = std::move(answer.strategy);
  round_.memory = std::move(answer.memory);
  if (answer.outcome && round_.blind.empty()) {
    take_up(**answer.outcome, policy, look);
  } else if (!answer.outcome) {
    round_.blind = "the round was not held: " + answer.outcome.error().message;
    forget_advice(look);
  }
}

// What others decided meanwhile goes before it.
void ConsolidationRule::take_up(const RoundOutcome& outcome, const Policy& policy, Look& look) {
  round_.held = round_.asked;
  round_.notes = outcome.notes;
  if (look.time() > round_.asked + settings_.interval) {
    round_.notes.push_back("it was held for " + to_string(std::chrono::ceil<seconds>(look.time() - round_.asked)) +
                           ", longer than spec.consolidation.interval (" + to_string(settings_.interval) +
                           "): the next one began only then");
    round_.next = look.time();
  }
  const auto held = arrivals_.held_for_them();
  const auto kept_on = look.kept_on();
  std::erase_if(round_.orders, [&](const auto& entry) { return entry.second.given < round_.held || !held.contains(entry.first); });
  std::set<std::string> stay;  // nodes that are not emptied after all
  for (const WantedOrder& order : outcome.orders) {
    const Node* node = look.view().node(order.node);
    const bool retires = order.act == NodeOrder::Act::Retire;
    if (retires && node != nullptr && is_emptied_by(policy, *node)) continue;  // meanwhile: an earlier round ordered it, too
    const bool stands =
        node != nullptr && node->uid == order.node_uid && node->marks.life == order.life && !held.contains(order.node);
    if (stands && !(retires && (uncordoned_.contains(order.node) || kept_on.contains(order.node)))) {
      round_.orders.insert_or_assign(order.node, StandingOrder{order.act, order.reason, round_.held});
    } else if (retires) {
      stay.insert(order.node);
    }
  }
  round_.wanted.clear();
  for (const WantedMove& move : outcome.moves) {
    if (move.relief || !stay.contains(move.source)) round_.wanted.push_back(move);
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
  const std::int64_t allowed =
      std::min(view.limits.in_cluster, budget_at(
                                           policy.spec, view.time_zones, [&] { return look.selected_by(policy); }, look.time()));
  std::int64_t used = 0;
  for (const auto& [key, node] : view.nodes) {
    if (is_emptied_by(policy, *node)) used += leaving(node->name);
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
  auto steps = next_steps(look.view(), look.roster(), policy, settings_, round_.orders, look.lives(), look.power(), look.options(),
                          look.plan(), look.drains(), ahead_.foreseen.rise, look.time());
  if (policy.spec.mode == PolicyMode::Enforce) take_turns(policy, look, steps);
  round_.held_up.clear();
  hands_.clear();
  for (const LifeStep& step : steps) {
    if (!step.held_up.empty()) round_.held_up[step.node] = step.held_up;
    if (step.hand.empty()) continue;
    if (step.mark) {
      uncordoned_[step.node] = look.time();
      round_.orders.erase(step.node);
      std::erase_if(round_.wanted, [&](const WantedMove& move) { return move.source == step.node && !move.relief; });
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
  if (!move.relief && move.source_leaves) {
    const Node* node = view.node(move.source);
    return node == nullptr || node->marks.life == NodeLife::Active;  // it came back
  }
  if (move.relief || order == round_.orders.end() || order->second.act != NodeOrder::Act::Retire) return false;
  if (policy.spec.mode != PolicyMode::Enforce) return round_.held_up.contains(move.source);
  const Node* node = view.node(move.source);
  return node == nullptr || node->marks.life == NodeLife::Active;
}

void ConsolidationRule::propose(const Policy& policy, Look& look, Findings& found) {
  const ClusterView& view = look.view();
  propose_for_wishes(policy, look, found);
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

// The VMs of nodes that people wish asleep, or that are put through a wake test, go wherever there is room: the strategy may have
// other plans for them.
void ConsolidationRule::propose_for_wishes(const Policy& policy, Look& look, Findings& found) const {
  const ClusterView& view = look.view();
  std::vector<std::string> serving;
  for (const auto& [key, node] : view.nodes) {
    if (node->marks.life == NodeLife::Active && !(node->wish && node->wish->holds(NodeWish::Act::Sleep, look.time())))
      serving.push_back(node->name);
  }
  for (const auto& [key, node] : view.nodes) {
    const bool wished = node->wish && node->wish->holds(NodeWish::Act::Sleep, look.time());
    if (!is_emptied_by(policy, *node) || !(wished || node->marks.test)) continue;
    const auto vms = view.vms_by_node.find(node->name);
    if (vms == view.vms_by_node.end()) continue;
    for (const ObjectKey& name : vms->second) {
      const Vm* vm = view.vm(name);
      if (vm == nullptr || vm->is_final() || vm->node != node->name || look.plan().find(name) != nullptr || wants(name, look))
        continue;
      found.proposals.push_back({.policy = &policy,
                                 .vm = vm,
                                 .destination = OneOf{serving},
                                 .why = {Reason::Consolidated, wished ? "a person wishes node " + node->name + " asleep"
                                                                      : "node " + node->name + " is emptied for its wake test"},
                                 .value = std::nullopt,
                                 .breached_since = std::nullopt,
                                 .severity = 0.5,
                                 .order = 0});
    }
  }
}

void ConsolidationRule::put_back(Duration by) {
  arrivals_.put_back(by);
  for (auto& [node, at] : uncordoned_) at -= by;
  if (ahead_.looked != Instant{}) ahead_.looked -= by;
  for (Instant* time : {&round_.asked, &round_.check, &round_.held, &round_.next, &round_.welcomed}) {
    if (*time != Instant{}) *time -= by;
  }
  for (auto& [node, order] : round_.orders) order.given -= by;
}

bool ConsolidationRule::wants(const ObjectKey& vm, const Look& /*look*/) const {
  return std::any_of(round_.wanted.begin(), round_.wanted.end(), [&](const WantedMove& move) { return move.vm == vm; });
}

std::optional<std::string> ConsolidationRule::first_answer(const Policy& /*policy*/, const ClusterView& /*view*/) const {
  if (round_.held == Instant{} && round_.blind.empty()) return std::nullopt;
  std::string orders;
  for (const auto& [node, order] : round_.orders) orders += node + " " + std::to_string(static_cast<int>(order.act)) + "\n";
  return orders;
}

Decision ConsolidationRule::why_quiet(const ObjectKey& /*vm*/) const {
  return {.reason = Reason::NotChosen, .message = "the strategy leaves it where it is"};
}

}  // namespace drover
