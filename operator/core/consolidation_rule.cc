#include "core/consolidation_rule.h"

#include <algorithm>
#include <utility>

#include "core/feasibility.h"
#include "core/look.h"
#include "core/make_pool.h"
#include "core/reserve.h"

namespace drover {
namespace {

constexpr Duration kArrivalRound = seconds{10};  // least time between two rounds that blocked arrivals ask for

bool waits_for_a_node(const PoolVm& vm) {
  return vm.node < 0;
}

// An arrival is never blocked, whatever the strategy says: a node that retires is taken back, or one that sleeps is woken.
void make_room(const Pool& pool, Advice& advice) {
  if (std::none_of(pool.vms.begin(), pool.vms.end(), waits_for_a_node)) return;
  const auto ordered = [&](NodeOrder::Act act) {
    return std::any_of(advice.orders.begin(), advice.orders.end(), [act](const NodeOrder& order) { return order.act == act; });
  };
  if (ordered(NodeOrder::Act::TakeBack)) return;
  const bool wakes = ordered(NodeOrder::Act::Wake) || std::any_of(pool.nodes.begin(), pool.nodes.end(), [](const PoolNode& node) {
                       return node.life == NodeLife::Waking;
                     });
  for (const NodeLife life : {NodeLife::Retiring, NodeLife::Draining, NodeLife::Empty, NodeLife::Asleep}) {
    if (life == NodeLife::Asleep && wakes) return;
    for (std::size_t i = 0; i < pool.nodes.size(); ++i) {
      if (pool.nodes[i].life != life || !pool.nodes[i].receives) continue;
      const auto act = life == NodeLife::Asleep ? NodeOrder::Act::Wake : NodeOrder::Act::TakeBack;
      advice.orders.push_back({static_cast<int>(i), act, "a virtual machine waits for a node"});
      return;
    }
  }
}

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
  const bool due = look.time() >= round_.next || (look.time() >= round_.held + kArrivalRound && look.roster().any_unschedulable());
  if (due && look.use_is_fresh()) hold_round(policy, look);
  if (round_.next > look.time()) look.wake(round_.next);
}

void ConsolidationRule::hold_round(const Policy& policy, Look& look) {
  if (!round_.strategy) round_.strategy = strategies_(settings_);
  const Pool pool = make_pool({look.view(), look.roster(), look.lives(), look.use(), look.options(), look.plan(), look.ledger(),
                               look.refusals(), look.kept_on(), look.time()},
                              policy, settings_);
  Advice advice = round_.strategy->advise(pool);
  leave_what_finds_no_place(look.view(), look.plan(), pool, advice);
  make_room(pool, advice);
  round_.held = look.time();
  round_.next = look.time() + settings_.interval;
  round_.notes = std::move(advice.notes);
  round_.orders.clear();
  for (NodeOrder& order : advice.orders) {
    const std::string& name = pool.nodes.at(static_cast<std::size_t>(order.node)).name;
    round_.orders.insert_or_assign(name, StandingOrder{order.act, std::move(order.reason), look.time()});
  }
  round_.wanted.clear();
  std::int64_t packing = 0;
  for (Relocation& move : advice.moves) {
    const PoolVm& vm = pool.vms.at(static_cast<std::size_t>(move.vm));
    if (vm.node < 0 || vm.node == move.target || (!move.relief && ++packing > settings_.max_moves)) continue;
    round_.wanted.push_back({.vm = vm.key,
                             .vm_uid = vm.uid,
                             .source = pool.nodes.at(static_cast<std::size_t>(vm.node)).name,
                             .target = pool.nodes.at(static_cast<std::size_t>(move.target)).name,
                             .relief = move.relief,
                             .reason = std::move(move.reason),
                             .company = {}});
  }
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

std::vector<LifeStep> ConsolidationRule::lead_nodes(const Policy& policy, Look& look) {
  auto steps = next_steps(look.view(), policy, settings_, round_.orders, look.lives(), look.power(), look.options(), look.plan(),
                          look.time());
  round_.held_up.clear();
  for (const LifeStep& step : steps) {
    if (!step.held_up.empty()) round_.held_up[step.node] = step.held_up;
  }
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
  for (Instant* time : {&round_.held, &round_.next}) {
    if (*time != Instant{}) *time -= by;
  }
  for (auto& [node, order] : round_.orders) order.given -= by;
}

bool ConsolidationRule::wants(const ObjectKey& vm, const Look& /*look*/) const {
  return std::any_of(round_.wanted.begin(), round_.wanted.end(), [&](const WantedMove& move) { return move.vm == vm; });
}

std::optional<std::string> ConsolidationRule::first_answer(const Policy& /*policy*/, const ClusterView& /*view*/) const {
  if (!round_.strategy) return std::nullopt;
  std::string orders;
  for (const auto& [node, order] : round_.orders) orders += node + " " + std::to_string(static_cast<int>(order.act)) + "\n";
  return orders;
}

RuleReport ConsolidationRule::report() const {
  RuleReport report;
  if (!round_.strategy) return report;
  report.round = {.held = round_.held, .next = round_.next, .orders = {}, .notes = round_.notes};
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
