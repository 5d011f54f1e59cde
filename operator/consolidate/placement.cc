#include "consolidate/placement.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "consolidate/placement_plan.h"
#include "consolidate/switching.h"
#include "placement/search.h"

namespace drover {
namespace {

// Genomes tried after the last gain; more find little more, and a round must end.
constexpr int kChildren = 40;

std::string percent(double share) {
  return std::to_string(std::lround(share * 100)) + " %";
}

}  // namespace

Advice Placement::advise(const Pool& pool) {
  traces_.observe(pool);
  Plan plan(pool, traces_, settings_);
  admit_waiting(plan.draft);
  if (!relieve(plan)) consolidate(plan);
  settle_empty(plan.draft, settings_);
  return plan.draft.take();
}

int Placement::place(const Pool& pool, int vm) {
  const Plan plan(pool, traces_, settings_);
  int node = plan.tightest(vm, true);
  if (node < 0) node = plan.tightest(vm, false);
  return node >= 0 ? node : node_to_take_back(plan.draft, vm, 1);
}

// Whether any node was overloaded.
bool Placement::relieve(Plan& plan) const {
  bool any = false;
  for (int n = 0; n < plan.draft.nodes(); ++n) {
    if (!plan.draft.serves(n)) continue;
    while (plan.overloaded(n)) {
      any = true;
      const int vm = best_to_leave(plan, n);
      if (vm < 0) {
        plan.draft.note("Node " + plan.draft.node(n).name +
                        " has too little for the peak of its VMs, and none of them can be moved now");
        break;
      }
      int target = plan.tightest(vm, true);
      if (target < 0) target = plan.tightest(vm, false);
      if (target >= 0) {
        plan.move(vm, target, true,
                  "node " + plan.draft.node(n).name + " would need " + percent(plan.load(n)) +
                      " of what it has for the peak of its VMs' demand, more than " + percent(settings_.overload));
      } else if (!open_a_node(plan, vm)) {
        break;
      }
    }
  }
  return any;
}

// For the fewest changes: the one that cures and leaves the node fullest, else the one that takes off most. -1: none may move.
int Placement::best_to_leave(const Plan& plan, int node) const {
  int chosen = -1;
  double left = 0;
  for (const int v : plan.draft.resident(node)) {
    if (!plan.may_move(v)) continue;
    const double rest = plan.load_without(node, v);
    const bool cured_before = left <= settings_.overload;
    const bool better = rest <= settings_.overload ? !cured_before || rest > left : !cured_before && rest < left;
    if (chosen >= 0 && !better) continue;
    chosen = v;
    left = rest;
  }
  return chosen;
}

// Whether a node was taken back, so that the VM may have a target now.
bool Placement::open_a_node(Plan& plan, int vm) const {
  const std::string reason =
      "VM " + to_string(plan.draft.vm(vm).key) + " must leave a node that has too little for the peak of its VMs";
  const auto cures = [&](int node) { return node >= 0 && plan.load_with(node, vm) <= settings_.overload; };
  if (const int back = node_to_take_back(plan.draft, vm, settings_.overload); cures(back)) {
    plan.draft.order(back, NodeOrder::Act::TakeBack, reason);
    return true;
  }
  int coming = waking_node(plan.draft, vm, settings_.overload);
  if (coming < 0) {
    coming = node_to_wake(plan.draft, vm, settings_.overload);
    if (!cures(coming)) coming = -1;
    if (coming >= 0) plan.draft.order(coming, NodeOrder::Act::Wake, reason);
  }
  plan.draft.note(reason + (coming >= 0 ? "; it goes to " + plan.draft.node(coming).name + " once that is awake"
                                        : ", and no node has room for it, on or asleep"));
  if (coming >= 0) plan.draft.expect(vm, coming);
  return false;
}

void Placement::consolidate(Plan& plan) {
  for (int step = std::max(size_step_ - 1, 0); step <= kSizeSteps; ++step) {
    const auto asked = plan.question(static_cast<double>(step) / kSizeSteps);
    placement::SearchOptions options;
    options.most_children = kChildren;
    const placement::Plan answer = placement::search(asked.instance, options);
    size_step_ = std::min(step + 1, kSizeSteps);
    Plan trial = plan;
    bool holds = true;
    for (const auto& move : answer.moves) {
      const auto index = static_cast<std::size_t>(move.vm);
      const int target = asked.node_of[static_cast<std::size_t>(move.to)];
      holds = holds && index < asked.vm_of.size() && trial.takes(target, asked.vm_of[index]);
      if (!holds) break;
      trial.move(asked.vm_of[index], target, false,
                 "with it " + std::to_string(answer.nodes_used) + " nodes hold what " + std::to_string(answer.nodes_before) +
                     " hold now, by the peak of their VMs' demand together");
    }
    if (!holds) continue;
    size_step_ = step;
    plan = std::move(trial);
    plan.draft.note("placement: " + std::to_string(answer.nodes_used) + " of " + std::to_string(answer.nodes_before) +
                    " nodes with " + std::to_string(answer.moves.size()) + " moves of at most " +
                    std::to_string(settings_.max_moves) + "; at least " + std::to_string(answer.lower_bound) + " are needed (gap " +
                    std::to_string(answer.nodes_used - answer.lower_bound) + ")");
    break;
  }
  for (int n = 0; n < plan.draft.nodes(); ++n) {
    const NodeLife life = plan.draft.life(n);
    const bool emptied = plan.draft.count(n) > 0 && plan.draft.staying(n) == 0 && plan.draft.node(n).keeps_on.empty();
    if (life == NodeLife::Active && emptied) {
      plan.draft.order(n, NodeOrder::Act::Retire, "the placement leaves no VM on it");
    } else if ((life == NodeLife::Retiring || life == NodeLife::Draining) && plan.draft.staying(n) > 0) {
      plan.draft.order(n, NodeOrder::Act::TakeBack, "the placement needs it after all");
    }
  }
  if (plan.draft.moves() == 0) level(plan);
}

void Placement::level(Plan& plan) const {
  while (plan.draft.moves() < settings_.max_moves) {
    int most = -1;
    int least = -1;
    for (int n = 0; n < plan.draft.nodes(); ++n) {
      if (!plan.draft.open(n) || plan.draft.count(n) == 0) continue;
      if (most < 0 || plan.load(n) > plan.load(most)) most = n;
      if (least < 0 || plan.load(n) < plan.load(least)) least = n;
    }
    if (most < 0 || plan.load(most) - plan.load(least) <= kUneven) return;
    int chosen = -1;
    double lowest = plan.load(most) - kGain;
    for (const int v : plan.draft.resident(most)) {
      if (!plan.may_move(v) || !plan.takes(least, v)) continue;
      const double after = std::max(plan.load_without(most, v), plan.load_with(least, v));
      if (after < lowest) {
        chosen = v;
        lowest = after;
      }
    }
    if (chosen < 0) return;
    plan.move(chosen, least, false,
              "nodes " + plan.draft.node(most).name + " (" + percent(plan.load(most)) + ") and " + plan.draft.node(least).name +
                  " (" + percent(plan.load(least)) + ") are levelled");
  }
}

}  // namespace drover
