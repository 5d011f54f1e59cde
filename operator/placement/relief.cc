#include "placement/relief.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "placement/fitter.h"
#include "placement/lower_bounds.h"
#include "placement/order.h"
#include "placement/packing.h"

namespace drover::placement {
namespace {

constexpr int kTries = 40;
constexpr int kTriesInVain = 500;
constexpr double kMoveCost = 1;  // a VM more moved outweighs any VM's size

// VMs leave the node until it holds the rest: one that is enough by itself, the smallest such, or else the one that helps most.
// Among near equals chance decides, so that another try may fare better.
void unload(Packing& packing, int node, SeededRandom& random) {
  for (;;) {
    const Size room = packing.room_on(node);
    if (Size{}.fits(room)) return;
    const Size lack = Size{} - room;
    int best = -1;
    double best_score = 0;
    for (const int vm : packing.vms_on(node)) {
      const Size& size = packing.size_of(vm);
      const double weight = packing.weight_of(vm) * random.uniform(0.8, 1.2);
      const double score = lack.fits(size) ? 1e6 - weight : weight;
      if (best < 0 || score > best_score) {
        best = vm;
        best_score = score;
      }
    }
    packing.lift(best);
  }
}

struct Cure {
  std::vector<Move> moves;
  std::vector<int> at;
  bool whole = false;  // nothing is overloaded any more

  [[nodiscard]] bool better_than(const Cure& other) const {
    if (whole != other.whole) return whole;
    return whole ? moves.size() < other.moves.size() : moves.size() > other.moves.size();
  }
};

// The instance with its VMs where they are after the moves, and t less those.
Instance after(const Instance& instance, const std::vector<Move>& moves) {
  Instance next = instance;
  for (const Move& move : moves) next.vms[static_cast<std::size_t>(move.vm)].node = move.to;
  next.most_moves = std::max(0, instance.most_moves - static_cast<int>(moves.size()));
  return next;
}

Cure try_cure(const Instance& unbounded, const SearchOptions& options, SeededRandom& random) {
  Packing packing(unbounded);
  Fitter fitter(packing, random, options.out_of_time);
  fitter.set_costs(kMoveCost, 0);
  for (std::size_t n = 0; n < unbounded.nodes.size(); ++n) unload(packing, static_cast<int>(n), random);
  // With nodes that are off now only where the others have no room.
  fitter.insert_what_fits();
  if (!packing.pool().empty() && !fitter.empty_pool(kTriesInVain)) {
    const std::vector<int> off = packing.closed_nodes();
    for (const int node : off) packing.reopen(node);
    static_cast<void>(fitter.empty_pool(kTriesInVain));
  }
  if (packing.pool().empty()) fitter.send_home();
  Cure cure;
  cure.at = packing.placement();
  for (std::size_t v = 0; v < cure.at.size(); ++v) {
    if (cure.at[v] == Packing::kPool) cure.at[v] = unbounded.vms[v].node;
  }
  Ordered ordered = order_moves(unbounded, cure.at, random);
  cure.moves = std::move(ordered.moves);
  cure.whole = !overloaded(after(unbounded, cure.moves));
  return cure;
}

// One hop for each VM where that can be put in order; else the two parts one after the other.
std::vector<Move> joined(const Instance& instance, const std::vector<Move>& first, const std::vector<Move>& second,
                         SeededRandom& random) {
  std::vector<int> at;
  for (const Vm& vm : instance.vms) at.push_back(vm.node);
  for (const auto* part : {&first, &second}) {
    for (const Move& move : *part) at[static_cast<std::size_t>(move.vm)] = move.to;
  }
  Ordered ordered = order_moves(instance, at, random);
  if (ordered.stuck.empty()) return std::move(ordered.moves);
  std::vector<Move> moves = first;
  moves.insert(moves.end(), second.begin(), second.end());
  return moves;
}

}  // namespace

Plan relieve(const Instance& instance, const SearchOptions& options) {
  SeededRandom random(options.seed);
  Instance unbounded = instance;
  unbounded.most_moves = static_cast<int>(instance.vms.size());
  Cure cure = try_cure(unbounded, options, random);
  for (int i = 1; i < kTries && !options.out_of_time(); ++i) {
    Cure tried = try_cure(unbounded, options, random);
    if (tried.better_than(cure)) cure = std::move(tried);
  }
  Plan plan;
  plan.nodes_before = nodes_in_use(instance);
  plan.feasible = cure.whole;
  plan.moves = std::move(cure.moves);
  const Instance next = after(instance, plan.moves);
  plan.nodes_used = nodes_in_use(next);
  plan.lower_bound = std::min(lower_bounds(instance).best(), plan.nodes_used);
  if (!cure.whole || next.most_moves == 0) return plan;
  const Plan packed = search(next, options);
  plan.nodes_used = packed.nodes_used;
  plan.lower_bound = std::min(plan.lower_bound, plan.nodes_used);
  plan.moves = joined(instance, plan.moves, packed.moves, random);
  return plan;
}

}  // namespace drover::placement
