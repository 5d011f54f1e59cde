// The rounds of consolidation policies: the strategy is asked, its advice stands until the next round, and the nodes' lives go on.
#include <algorithm>
#include <map>
#include <set>

#include "base/planted.h"
#include "core/feasibility.h"
#include "core/ledger.h"
#include "core/make_pool.h"
#include "core/node_life.h"
#include "core/reserve.h"
#include "core/step_run.h"

namespace drover {
namespace {

constexpr Duration kArrivalRound = seconds{10};  // least time between two rounds that blocked arrivals ask for
constexpr Duration kMarkRetry = seconds{5};
// A confirmed mark that the view has not shown for so long was changed by someone else meanwhile.
constexpr Duration kUnseenMarkExpires = minutes{1};

bool waits_for_a_node(const PoolVm& vm) {
  return vm.node < 0;
}

bool helps_arrivals(const NodeOrder& order) {
  return order.act == NodeOrder::Act::TakeBack || order.act == NodeOrder::Act::Wake;
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

// By target of a wanted move: the VMs that run on it, are on their way there or are wanted there. Those of the pool are not all:
// some end now, and some moves are of VMs that are not packed.
std::map<std::string, std::set<ObjectKey>> company_of(const std::vector<WantedMove>& wanted, const Pool& pool,
                                                      const ClusterView& view, const Plan& plan) {
  std::map<std::string, std::set<ObjectKey>> company;
  for (const WantedMove& move : wanted) company[move.target].insert(move.vm);
  const auto add = [&](const std::string& node, const ObjectKey& vm) {
    if (const auto at = company.find(node); at != company.end()) at->second.insert(vm);
  };
  for (const PoolVm& vm : pool.vms) {
    if (vm.node >= 0) add(pool.nodes.at(static_cast<std::size_t>(vm.node)).name, vm.key);
  }
  for (const auto& [key, move] : plan.all()) add(move.target, key);
  for (auto& [node, vms] : company) {
    if (const auto residents = view.vms_by_node.find(node); residents != view.vms_by_node.end())
      vms.insert(residents->second.begin(), residents->second.end());
  }
  return company;
}

}  // namespace

void StepRun::hold_rounds(const Plan& plan) {
  for (auto& [ref, memory] : s_.policies) {
    const Policy& policy = *view_.policy(ref);
    const ConsolidationSettings* settings = consolidation_of(policy);
    if (settings == nullptr) continue;
    if (!memory.active) {
      memory.rounds = Rounds{};
      continue;
    }
    Rounds& rounds = memory.rounds;
    const bool due = now_ >= rounds.next || (now_ >= rounds.last + kArrivalRound && s_.roster.any_unschedulable());
    if (due && use_is_fresh()) hold_round(policy, *settings, rounds, plan);
    if (rounds.next > now_) wake(rounds.next);
  }
}

// Nodes with a VM that a threshold policy would move now.
std::map<std::string, std::string> StepRun::complaints() const {
  std::map<std::string, std::string> found;
  for (const auto& [ref, memory] : s_.policies) {
    const Policy& policy = *view_.policy(ref);
    const ThresholdSettings* settings = threshold_of(policy);
    if (settings == nullptr || !memory.active || memory.signal_error || policy.spec.mode != PolicyMode::Enforce) continue;
    for (const auto& [key, breach] : memory.breaches) {
      const Vm* vm = view_.vm(key);
      if (vm == nullptr || !is_due(*settings, breach, now_)) continue;
      found.try_emplace(
          vm->node, "policy " + to_string(ref.key) + " wants VM " + to_string(key) + " on it moved to where there is more room");
    }
  }
  return found;
}

void StepRun::hold_round(const Policy& policy, const ConsolidationSettings& settings, Rounds& rounds, const Plan& plan) {
  if (!rounds.strategy) rounds.strategy = s_.make(settings);
  const Pool pool =
      make_pool({view_, s_.roster, s_.lives, s_.use, s_.options, plan, ledger(), s_.refusals, complaints(), now_}, policy);
  Advice advice = rounds.strategy->advise(pool);
  leave_what_finds_no_place(view_, plan, pool, advice);
  make_room(pool, advice);
  if (planted(Bug::BlocksArrivals)) std::erase_if(advice.orders, helps_arrivals);
  rounds.last = now_;
  rounds.next = now_ + settings.interval;
  rounds.notes = std::move(advice.notes);
  rounds.orders.clear();
  for (NodeOrder& order : advice.orders) {
    const std::string& name = pool.nodes.at(static_cast<std::size_t>(order.node)).name;
    rounds.orders.insert_or_assign(name, StandingOrder{order.act, std::move(order.reason), now_});
  }
  rounds.wanted.clear();
  std::int64_t packing = 0;
  for (Relocation& move : advice.moves) {
    const PoolVm& vm = pool.vms.at(static_cast<std::size_t>(move.vm));
    if (vm.node < 0 || vm.node == move.target || (!move.relief && ++packing > settings.max_moves)) continue;
    rounds.wanted.push_back({.vm = vm.key,
                             .vm_uid = vm.uid,
                             .source = pool.nodes.at(static_cast<std::size_t>(vm.node)).name,
                             .target = pool.nodes.at(static_cast<std::size_t>(move.target)).name,
                             .relief = move.relief,
                             .reason = std::move(move.reason),
                             .company = {}});
  }
  // A move may rely on those before it that make room at its target.
  auto company = company_of(rounds.wanted, pool, view_, plan);
  for (WantedMove& move : rounds.wanted) {
    move.company = company.at(move.target);
    if (const auto left = company.find(move.source); left != company.end()) left->second.erase(move.vm);
  }
}

// A node is emptied only once it retires: what is moved off it would otherwise be moved for nothing.
bool StepRun::waits_for_its_node(const Policy& policy, const Rounds& rounds, const WantedMove& move) const {
  const auto order = rounds.orders.find(move.source);
  if (move.relief || order == rounds.orders.end() || order->second.act != NodeOrder::Act::Retire) return false;
  if (policy.spec.mode != PolicyMode::Enforce) return rounds.held_up.contains(move.source);
  const Node* node = view_.node(move.source);
  return node == nullptr || node->marks.life == NodeLife::Active;
}

void StepRun::propose_wanted(const Policy& policy, PolicyMemory& memory, const Plan& plan, std::vector<Proposal>& proposals) {
  std::map<ObjectKey, Decision> before = std::move(memory.decisions);
  memory.decisions.clear();
  const std::vector<WantedMove>& wanted = memory.rounds.wanted;
  std::erase_if(memory.recommended, [&](const auto& entry) {
    return std::none_of(wanted.begin(), wanted.end(), [&](const WantedMove& move) { return move.vm == entry.first; });
  });
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const WantedMove& move = wanted[i];
    const Vm* vm = view_.vm(move.vm);
    if (vm == nullptr || vm->uid != move.vm_uid || vm->node != move.source || waits_for_its_node(policy, memory.rounds, move))
      continue;
    if (const PlannedMove* under_way = plan.find(move.vm)) {
      const auto why = why_immovable(view_, *vm, plan);
      record({.vm = move.vm,
              .policy = policy.ref,
              .mode = policy.spec.mode,
              .reason = why ? why->reason : Reason::Moving,
              .message = why ? why->message : "",
              .source = move.source,
              .target = under_way->target});
      continue;
    }
    proposals.push_back({.policy = &policy, .vm = vm, .severity = move.relief ? 1.0 : 0.0, .wanted = &move, .order = i});
    if (auto old = before.extract(move.vm)) memory.decisions.insert(std::move(old));  // until it is judged anew
  }
}

void StepRun::live_on(const Plan& plan) {
  std::erase_if(s_.marks, [&](const auto& entry) {
    const PendingMark& mark = entry.second;
    const Node* node = view_.node(entry.first);
    const bool seen = node == nullptr || (mark.answered && node->marks.life == mark.to);
    return seen || (mark.answered && now_ - *mark.answered > kUnseenMarkExpires) || (mark.id == 0 && now_ >= mark.retry_at);
  });
  for (auto& [ref, memory] : s_.policies) {
    const Policy& policy = *view_.policy(ref);
    memory.rounds.held_up.clear();
    if (consolidation_of(policy) == nullptr || !memory.active) continue;
    for (LifeStep& step : next_steps(view_, policy, memory.rounds.orders, s_.lives, s_.options, plan, now_)) {
      if (!step.held_up.empty()) memory.rounds.held_up[step.node] = step.held_up;
      if (policy.spec.mode == PolicyMode::Enforce) take(std::move(step), plan);
    }
  }
  for (LifeStep& step : release_steps(view_, s_.lives, s_.options, now_)) take(std::move(step), plan);
  for (const auto& [node, mark] : s_.marks) {
    if (mark.id == 0) wake(mark.retry_at);
    if (mark.answered) wake(*mark.answered + kUnseenMarkExpires + milliseconds{1});
  }
}

void StepRun::take(LifeStep step, const Plan& plan) {
  if (step.due) wake(*step.due);
  if (s_.marks.contains(step.node)) return;  // its last mark is not seen yet
  std::optional<Violation> violation;
  if (step.mark) {
    // One node retires at a time: the reserve is reckoned on what the view shows.
    const bool retires = step.mark->marks.life == NodeLife::Retiring;
    const auto retiring = [](const auto& entry) { return entry.second.to == NodeLife::Retiring; };
    if (retires && std::any_of(s_.marks.begin(), s_.marks.end(), retiring)) return;
    violation = broken_by(*step.mark, view_, plan, s_.leading);
    if (!violation) {
      const NodeLife to = step.mark->marks.life;
      s_.power_asked.erase(step.node);
      s_.marks[step.node] = {.id = emit(std::move(*step.mark)), .to = to};
    }
  } else if (step.power) {
    const auto asked = s_.power_asked.find(step.node);
    if (asked != s_.power_asked.end() && now_ - asked->second < kPowerTry) return wake(asked->second + kPowerTry);
    violation = broken_by(*step.power, view_, plan, s_.leading);
    if (!violation) {
      s_.power_asked[step.node] = now_;
      wake(now_ + kPowerTry);
      emit(std::move(*step.power));
    }
  }
  if (violation) result_.violations.push_back(std::move(*violation));
}

bool StepRun::mark_answered(EffectId id, const Result<std::string>& outcome) {
  for (auto& [node, mark] : s_.marks) {
    if (mark.id != id) continue;
    look_now_ = true;
    if (outcome) {
      mark.answered = now_;
    } else {
      mark.id = 0;
      mark.retry_at = now_ + kMarkRetry;
    }
    return true;
  }
  return false;
}

}  // namespace drover
