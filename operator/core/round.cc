#include "core/round.h"

#include <algorithm>
#include <utility>

#include "core/make_pool.h"
#include "core/reserve.h"
#include "core/roster.h"

namespace drover {
namespace {

bool is_being_emptied(NodeLife life) {
  return life == NodeLife::Retiring || life == NodeLife::Draining;
}

// A round that is being held: the question, and what is made of it.
class Holding {
 public:
  // The memory is brought up to the question's view.
  Holding(RoundQuestion question, const PolicyRef& policy, RoundMemory& memory)
      : q_(std::move(question)), view_(thawed(q_.view, memory)), policy_(*view_.policy(policy)), roster_(memory.roster) {}

  [[nodiscard]] Pool make_pool() const {
    std::vector<const MoveRecord*> remembered;
    for (const MoveRecord& move : q_.moves) remembered.push_back(&move);
    std::vector<const Vm*> moved;
    for (const Roster::Entry& entry : roster_.entries()) {
      if (entry.moved) moved.push_back(entry.vm.get());
    }
    const Ledger ledger(view_, remembered, moved, q_.asked);
    return drover::make_pool({view_, roster_, q_.lives, *q_.use, q_.options, q_.plan, ledger, q_.refusals, q_.kept_on, q_.asked},
                             policy_, q_.settings);
  }

  [[nodiscard]] RoundOutcome hold(const Pool& pool) const {
    Advice advice = q_.strategy->advise(pool);
    leave_what_finds_no_place(pool, advice);
    RoundOutcome outcome;
    outcome.notes = std::move(advice.notes);
    for (NodeOrder& order : advice.orders) {
      const PoolNode& node = pool.nodes.at(static_cast<std::size_t>(order.node));
      outcome.orders.push_back({.node = node.name,
                                .node_uid = view_.node(node.name)->uid,
                                .life = node.life,
                                .act = order.act,
                                .reason = std::move(order.reason)});
    }
    choose_moves(pool, advice, outcome);
    add_company(pool, outcome.moves);
    return outcome;
  }

 private:
  static const ClusterView& thawed(const FrozenView& frozen, RoundMemory& memory) {
    frozen.thaw_into(memory.thawed);
    memory.roster.update(memory.thawed.view);
    return memory.thawed.view;
  }

  [[nodiscard]] static const std::string& source_of(const Pool& pool, const PoolVm& vm) {
    return pool.nodes.at(static_cast<std::size_t>(vm.node)).name;
  }

  // Strategies know the pool's VMs, and a node may also run others' launcher pods, or more of them than it has VMs. What finds no
  // place is not moved, and a node in service that moves alone would not empty is not retired for them.
  void leave_what_finds_no_place(const Pool& pool, Advice& advice) const {
    std::map<int, std::int64_t> places;
    std::set<int> kept;  // nodes in service
    const auto source = [&](const Relocation& move) { return pool.vms.at(static_cast<std::size_t>(move.vm)).node; };
    const auto node = [&](int n) -> const PoolNode& { return pool.nodes.at(static_cast<std::size_t>(n)); };
    std::erase_if(advice.moves, [&](const Relocation& move) {
      if (source(move) < 0 || source(move) == move.target) return false;
      const auto [at, fresh] = places.try_emplace(move.target, 0);
      if (fresh) at->second = free_places(node(move.target).name);
      if (at->second-- > 0) return false;
      if (!move.relief && node(source(move)).life == NodeLife::Active) kept.insert(source(move));
      return true;
    });
    std::set<int> asked;  // to be emptied
    for (const NodeOrder& order : advice.orders) {
      if (order.act == NodeOrder::Act::Retire && kept.contains(order.node)) asked.insert(order.node);
    }
    if (!asked.empty()) {
      advice.notes.push_back("node " + node(*asked.begin()).name +
                             (asked.size() > 1 ? " and " + std::to_string(asked.size() - 1) + " more stay" : " stays") +
                             " in service: the nodes that its VMs would go to may run no more pods");
    }
    std::erase_if(advice.orders, [&](const NodeOrder& order) { return asked.contains(order.node); });
    std::erase_if(advice.moves, [&](const Relocation& move) { return !move.relief && kept.contains(source(move)); });
  }

  // For pods that are not bound there yet, those of moves under way taken off.
  [[nodiscard]] std::int64_t free_places(const std::string& name) const {
    const Node* node = view_.node(name);
    if (node == nullptr) return 0;
    std::int64_t places = places_on(view_, *node);
    for (const auto& [vm, move] : q_.plan.all()) places -= move.target == name && !move.room_taken ? 1 : 0;
    return places;
  }

  // As many as one round may pack. A node of whose VMs none is moved in this round is not retired in it.
  void choose_moves(const Pool& pool, Advice& advice, RoundOutcome& outcome) const {
    std::int64_t packing = 0;
    std::set<std::string> later;  // nodes whose VMs are moved in a later round
    for (Relocation& move : advice.moves) {
      const PoolVm& vm = pool.vms.at(static_cast<std::size_t>(move.vm));
      if (vm.node < 0 || vm.node == move.target) continue;
      if (!move.relief && ++packing > q_.settings.max_moves) {
        later.insert(source_of(pool, vm));
        continue;
      }
      outcome.moves.push_back({.vm = vm.key,
                               .vm_uid = vm.uid,
                               .source = source_of(pool, vm),
                               .target = pool.nodes.at(static_cast<std::size_t>(move.target)).name,
                               .relief = move.relief,
                               .source_leaves = is_being_emptied(pool.nodes.at(static_cast<std::size_t>(vm.node)).life),
                               .reason = std::move(move.reason),
                               .company = {}});
    }
    for (const WantedMove& move : outcome.moves) later.erase(move.source);
    std::erase_if(outcome.orders,
                  [&](const WantedOrder& order) { return order.act == NodeOrder::Act::Retire && later.contains(order.node); });
  }

  // The VMs that run on a target, are on their way there or are wanted there. Those of the pool are not all: some end now, and some
  // moves are of VMs that are not packed. A move may rely on those before it that make room at its target.
  void add_company(const Pool& pool, std::vector<WantedMove>& wanted) const {
    std::map<std::string, std::set<ObjectKey>> company;  // by target
    for (const WantedMove& move : wanted) company[move.target].insert(move.vm);
    const auto add = [&](const std::string& node, const ObjectKey& vm) {
      if (const auto at = company.find(node); at != company.end()) at->second.insert(vm);
    };
    for (const PoolVm& vm : pool.vms) {
      if (vm.node >= 0) add(source_of(pool, vm), vm.key);
    }
    for (const auto& [key, move] : q_.plan.all()) add(move.target, key);
    for (auto& [node, vms] : company) {
      if (const auto residents = view_.vms_by_node.find(node); residents != view_.vms_by_node.end())
        vms.insert(residents->second.begin(), residents->second.end());
    }
    for (WantedMove& move : wanted) {
      move.company = company.at(move.target);
      if (const auto left = company.find(move.source); left != company.end()) left->second.erase(move.vm);
    }
  }

  RoundQuestion q_;
  const ClusterView& view_;
  const Policy& policy_;
  const Roster& roster_;
};

Error stopped_short() {
  return {ErrorClass::Cancelled, "stopped in the middle of a round"};
}

}  // namespace

RoundHeld hold_round(EffectId id, const HoldRound& round, const std::function<bool()>& stopped) {
  RoundHeld answer = not_held(id, round, stopped_short());
  if (stopped()) return answer;
  if (!answer.memory) answer.memory = std::make_shared<RoundMemory>();
  const Holding holding(std::move(*round.question), round.policy, *answer.memory);
  if (stopped()) return answer;
  Pool pool = holding.make_pool();
  if (stopped()) return answer;
  pool.stopped = stopped;
  auto outcome = std::make_shared<const RoundOutcome>(holding.hold(pool));
  if (!stopped()) answer.outcome = std::move(outcome);
  return answer;
}

RoundHeld not_held(EffectId id, const HoldRound& round, const Error& error) {
  return {
      .id = id, .policy = round.policy, .strategy = round.question->strategy, .memory = round.question->memory, .outcome = error};
}

}  // namespace drover
