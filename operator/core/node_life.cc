#include "core/node_life.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "core/one_life.h"
#include "core/wake_tests.h"

namespace drover {
void see_lives(const ClusterView& view, Instant now, SeenLives& lives) {
  std::erase_if(lives, [&](const auto& entry) {
    const Node* node = view.node(entry.first);
    return node == nullptr || node->marks != entry.second.marks;
  });
  for (const auto& [key, node] : view.nodes) {
    if (node->marks.life != NodeLife::Active)
      lives.try_emplace(node->name, SeenLife{node->marks, std::min(node->marks.since, now)});
  }
}

Instant since_of(const SeenLives& lives, const Node& node) {
  const auto seen = lives.find(node.name);
  return seen != lives.end() ? seen->second.since : node.marks.since;
}

std::vector<LifeStep> next_steps(const ClusterView& view, const Roster& roster, const Policy& policy,
                                 const ConsolidationSettings& settings, const StandingOrders& orders, const SeenLives& lives,
                                 const PowerTable& power, const CoreOptions& options, const Plan& plan, const Drains& drains,
                                 const Amounts& expected, Instant now) {
  std::vector<LifeStep> steps;
  std::optional<Reserve> made;  // once for all nodes of the policy
  const std::function<const Reserve&()> reserve = [&]() -> const Reserve& {
    if (!made) made.emplace(view, roster, settings, expected);
    return *made;
  };
  const Fleet fleet = fleet_of(view);
  const Surroundings around{view, power, options, plan, drains, fleet, reserve, now};
  const WakeTests tests = wake_tests(view, roster, policy, settings, options, now);
  const auto step_of = [&](const Node& node, bool test_begins) {
    const auto order = orders.find(node.name);
    return step_under(around, policy, settings, node, since_of(lives, node), order == orders.end() ? nullptr : &order->second,
                      {.open = tests.open, .begins = test_begins});
  };
  const Node* in_test = nullptr;
  for (const Node* node : tests.next) {
    LifeStep step = step_of(*node, true);
    const bool waits = node->marks.life == NodeLife::Quarantined && step.poll;  // until its power is known
    if (!step.mark && !waits) continue;                                         // held up: it is another's turn
    const bool begins = step.mark.has_value();
    steps.push_back(std::move(step));
    if (begins) in_test = node;
    if (begins) break;
  }
  for (const auto& [key, node] : view.nodes) {
    const bool marked = node->marks.life != NodeLife::Active;
    if (marked && node->marks.policy_uid != policy.ref.uid) continue;
    if (!marked && !orders.contains(node->name) && !node->wish) continue;
    if (node.get() == in_test) continue;
    LifeStep step = step_of(*node, false);
    if (step.mark || step.power || step.poll || step.due || step.drains || !step.held_up.empty() || !step.hand.empty())
      steps.push_back(std::move(step));
  }
  if (tests.looks_again && !view.nodes.empty())
    steps.push_back({.node = view.nodes.begin()->second->name, .due = tests.looks_again});
  return steps;
}

std::vector<LifeStep> release_steps(const ClusterView& view, const std::set<std::string>& leading, const SeenLives& lives,
                                    const PowerTable& power, const CoreOptions& options, Instant now) {
  std::vector<LifeStep> steps;
  std::optional<Plan> plan;
  const std::function<const Reserve&()> reserve;  // nothing retires here,
  static const Fleet kNobody;                     // nor is woken for an upgrade
  static const Drains kNone;
  for (const auto& [key, held] : view.nodes) {
    const Node* node = held.get();
    const bool rests = node->marks.life != NodeLife::Active;
    if (rests ? leading.contains(node->marks.policy_uid) : !has_old_taint(*node)) continue;
    const auto owner = std::find_if(view.policies.begin(), view.policies.end(),
                                    [&](const auto& entry) { return entry.second->ref.uid == node->marks.policy_uid; });
    if (!plan) plan.emplace(view);
    const PolicyRef ref = owner != view.policies.end() ? owner->second->ref : PolicyRef{{}, node->marks.policy_uid};
    LifeStep step = step_released({view, power, options, *plan, kNone, kNobody, reserve, now}, ref, *node, since_of(lives, *node),
                                  "the policy that put it to rest no longer does");
    if (step.mark || step.power || step.poll || step.due) steps.push_back(std::move(step));
  }
  return steps;
}

bool holds_vms(const ClusterView& view, const Plan& plan, const std::string& node) {
  if (const auto vms = view.vms_by_node.find(node); vms != view.vms_by_node.end()) {
    for (const ObjectKey& key : vms->second) {
      const Vm* vm = view.vm(key);
      if (vm != nullptr && !vm->is_final()) return true;
    }
  }
  if (const auto pods = view.pods_by_node.find(node); pods != view.pods_by_node.end()) {
    for (const ObjectKey& key : pods->second) {
      const auto pod = view.pods.find(key);
      if (pod != view.pods.end() && pod->second->is_launcher() && !pod->second->is_over()) return true;
    }
  }
  return plan.inbound(node) > 0;
}

std::string workload_on(const ClusterView& view, const std::string& node) {
  const auto totals = view.totals_by_node.find(node);
  if (totals == view.totals_by_node.end() || totals->second.workloads.pods == 0) return {};
  for (const ObjectKey& key : view.pods_by_node.at(node)) {
    const auto pod = view.pods.find(key);
    if (pod != view.pods.end() && pod->second->is_workload()) return "pod " + to_string(key) + " runs on it";
  }
  return {};
}

}  // namespace drover
