#include "consolidate/placement.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "consolidate/placement_plan.h"
#include "consolidate/switching.h"
#include "placement/search.h"

namespace drover {
namespace {

// Genomes tried after the last gain; more find little more, and a round must end.
constexpr int kChildren = 40;
// In one search: some tenths of a second. Pools of a few hundred nodes never take so much.
constexpr std::int64_t kMostWork = 30'000'000;

std::string whole_percent(double share) {
  return std::to_string(std::lround(share * 100)) + " %";
}

}  // namespace

Advice Placement::advise(const Pool& pool) {
  traces_.observe(pool);
  Plan plan(pool, traces_, settings_);
  admit_waiting(plan.draft);
  if (!relieve(plan)) consolidate(plan);
  order_empty(plan.draft, settings_);
  return plan.draft.take();
}

int Placement::place(const Pool& pool, int vm) {
  const Plan plan(pool, traces_, settings_);
  int node = plan.tightest(vm, true);
  if (node < 0) node = plan.tightest(vm, false);
  return node >= 0 ? node : node_to_take_back(plan.draft, vm, 1);
}

// Whether a node was overloaded and could be helped. One that can't be is named and left aside.
bool Placement::relieve(Plan& plan) const {
  bool helped = false;
  for (int n = 0; n < plan.draft.nodes(); ++n) {
    while (plan.needs_relief(n) && !plan.draft.pool().is_stopped()) {
      const int vm = best_to_leave(plan, n);
      if (vm < 0) {
        plan.draft.note("Node " + plan.draft.node(n).name +
                        " has too little for the peak of its VMs, and none of them can be moved now");
        break;
      }
      int target = plan.tightest(vm, true);
      if (target < 0) target = plan.tightest(vm, false);
      if (target >= 0) {
        helped = true;
        plan.move(vm, target, true,
                  "node " + plan.draft.node(n).name + " would need " + whole_percent(plan.load(n)) +
                      " of what it has for the peak of its VMs' demand, more than " + whole_percent(settings_.overload));
      } else if (const Opened opened = open_a_node(plan, vm); opened != Opened::Now) {
        helped = helped || opened == Opened::Soon;
        break;
      }
    }
  }
  return helped;
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

// Whether a node was taken back, so that the VM may have a target now, or one is on its way.
Placement::Opened Placement::open_a_node(Plan& plan, int vm) const {
  const std::string reason =
      "VM " + to_string(plan.draft.vm(vm).key) + " must leave a node that has too little for the peak of its VMs";
  const auto cures = [&](int node) { return node >= 0 && plan.load_with(node, vm) <= settings_.overload; };
  if (const int back = node_to_take_back(plan.draft, vm, settings_.overload); cures(back)) {
    plan.draft.order(back, NodeOrder::Act::TakeBack, reason);
    return Opened::Now;
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
  return coming >= 0 ? Opened::Soon : Opened::No;
}

// The moves of a node that is emptied stand together, those of the node with the fewest first: what the round has no moves left for
// is then left whole.
void Placement::by_node(const Plan& plan, std::vector<Planned>& moves) {
  std::map<int, int> leaving;
  for (const Planned& move : moves) ++leaving[plan.draft.vm(move.vm).node];
  const auto rank = [&](const Planned& move) {
    const int from = plan.draft.vm(move.vm).node;
    const bool emptied = leaving.at(from) == plan.draft.staying(from);
    return std::tuple(!emptied, plan.draft.life(from) == NodeLife::Active, leaving.at(from), from);
  };
  std::stable_sort(moves.begin(), moves.end(), [&](const Planned& a, const Planned& b) { return rank(a) < rank(b); });
}

// Whether the moves can be made one after another; the first of them, as many as the round has, are then the plan's, and the nodes
// are known that all of them together would empty.
bool Placement::adopt(Plan& plan, const std::vector<Planned>& moves, const std::string& why, std::set<int>& emptied) const {
  Plan whole = plan;
  Plan now = plan;
  for (const Planned& move : moves) {
    if (!whole.takes(move.target, move.vm)) return false;
    whole.move(move.vm, move.target, false, why);
    if (now.draft.moves() < settings_.max_moves) now.move(move.vm, move.target, false, why);
  }
  for (int n = 0; n < plan.draft.nodes(); ++n) {
    const bool begun =
        plan.draft.life(n) != NodeLife::Active || now.draft.staying(n) < plan.draft.staying(n) || plan.draft.staying(n) == 0;
    if (whole.draft.count(n) > 0 && whole.draft.staying(n) == 0 && begun) emptied.insert(n);
  }
  plan = std::move(now);
  return true;
}

void Placement::consolidate(Plan& plan) {
  std::set<int> emptied;
  for (int step = std::max(size_step_ - 1, 0); step <= kSizeSteps && !plan.draft.pool().is_stopped(); ++step) {
    const auto asked = plan.question(static_cast<double>(step) / kSizeSteps);
    placement::SearchOptions options;
    options.most_children = kChildren;
    options.most_work = kMostWork;
    options.out_of_time = [&] { return plan.draft.pool().is_stopped(); };
    const placement::Plan answer = placement::search(asked.instance, options);
    size_step_ = std::min(step + 1, kSizeSteps);
    std::vector<Planned> moves;
    for (const auto& move : answer.moves) {
      const auto vm = static_cast<std::size_t>(move.vm);
      moves.push_back({vm < asked.vm_of.size() ? asked.vm_of[vm] : -1, asked.node_of[static_cast<std::size_t>(move.to)]});
    }
    if (std::any_of(moves.begin(), moves.end(), [](const Planned& move) { return move.vm < 0; })) continue;
    const auto found = static_cast<std::int64_t>(moves.size());
    if (found > settings_.max_moves) by_node(plan, moves);
    const std::string why = "with it " + std::to_string(answer.nodes_used) + " nodes hold what " +
                            std::to_string(answer.nodes_before) + " hold now, by the peak of their VMs' demand together";
    Plan adopted = plan;
    if (!adopt(adopted, moves, why, emptied)) continue;
    size_step_ = step;
    // Where more moves would have been there for more nodes, and none is being emptied yet.
    const bool all = 2 * found <= asked.instance.most_moves &&
                     std::all_of(emptied.begin(), emptied.end(), [&](int n) { return plan.draft.life(n) == NodeLife::Active; });
    if (all && found > 0 && !emptied.empty() && static_cast<int>(emptied.size()) <= lacks_of_reserve(plan.draft, settings_)) {
      emptied.clear();
      plan.draft.note("placement: the nodes that " + std::to_string(found) +
                      " moves would empty were only the reserve (spec.consolidation.reserve), which stays on");
      break;
    }
    plan = std::move(adopted);
    const std::int64_t now = plan.draft.moves();
    plan.draft.note("placement: " + std::to_string(answer.nodes_used) + " of " + std::to_string(answer.nodes_before) +
                    " nodes with " + std::to_string(found) + " moves of at most " + std::to_string(asked.instance.most_moves) +
                    (found > now ? ", " + std::to_string(now) + " of them now" : "") + "; at least " +
                    std::to_string(answer.lower_bound) + " are needed (gap " +
                    std::to_string(answer.nodes_used - answer.lower_bound) + ")");
    break;
  }
  for (int n = 0; n < plan.draft.nodes(); ++n) {
    const NodeLife life = plan.draft.life(n);
    if (life == NodeLife::Active && emptied.contains(n) && plan.draft.node(n).keeps_on.empty()) {
      plan.draft.order(n, NodeOrder::Act::Retire, "the placement leaves no VM on it");
    } else if ((life == NodeLife::Retiring || life == NodeLife::Draining) && plan.draft.staying(n) > 0 && !emptied.contains(n)) {
      plan.draft.order(n, NodeOrder::Act::TakeBack, "the placement needs it after all");
    }
  }
  if (plan.draft.moves() == 0) level(plan);
}

void Placement::level(Plan& plan) const {
  while (plan.draft.moves() < settings_.max_moves && !plan.draft.pool().is_stopped()) {
    int most = -1;
    int least = -1;
    for (int n = 0; n < plan.draft.nodes(); ++n) {
      if (!plan.draft.open(n) || plan.draft.count(n) == 0) continue;
      if (plan.known(n) && (most < 0 || plan.load(n) > plan.load(most))) most = n;
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
              "nodes " + plan.draft.node(most).name + " (" + whole_percent(plan.load(most)) + ") and " +
                  plan.draft.node(least).name + " (" + whole_percent(plan.load(least)) + ") are levelled");
  }
}

}  // namespace drover
