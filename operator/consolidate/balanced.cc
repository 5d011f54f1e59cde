#include "consolidate/balanced.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/index.h"
#include "consolidate/arrivals.h"
#include "consolidate/balanced_round.h"
#include "consolidate/price.h"

namespace drover {
namespace {

constexpr int kLookedAt = 100;      // nodes that have room for a VM, when one is sought for it
constexpr double kMemoryBinds = 3;  // as many times fuller than of CPU a pool is then of memory: CPU needs room for what varies
constexpr double kNever = std::numeric_limits<double>::infinity();

// Of the memory of all nodes, how much is reserved.
double memory_filled(const Pool& pool) {
  double reserved = 0;
  double all = 0;
  for (const PoolVm& vm : pool.vms) reserved += vm.reserved.memory;
  for (const PoolNode& node : pool.nodes) all += node.capacity.memory;
  return all > 0 ? reserved / all : 0;
}

}  // namespace

int rank_of_spare(const Packing& packing, int node) {
  switch (packing.node(node).life) {
    case NodeLife::Active: return packing.empty(node) ? 0 : -1;
    case NodeLife::Empty: return 1;
    case NodeLife::Retiring:
    case NodeLife::Draining: return 2;
    case NodeLife::Waking: return 3;
    case NodeLife::Asleep: return 4;
    case NodeLife::PoweringOff:
    case NodeLife::Quarantined: break;
  }
  return -1;
}

Balanced::Balanced(const ConsolidationSettings& settings, const BalancedTuning& tuning)
    : settings_(settings), tuning_(tuning), history_(tuning.history), rests_(tuning.rest), level_(tuning.most_chance) {}

// Corrects what is foretold by what was seen; until much was seen, the first guess holds.
void Balanced::learn(const Packing& packing) {
  if (expected_ > 0) {
    foretold_ = tuning_.belief_memory * foretold_ + expected_;
    seen_ *= tuning_.belief_memory;
    for (int node = 0; node < packing.nodes(); ++node) {
      if (!packing.empty(node) && !aside(node) && packing.load(node).demand > packing.room(node)) ++seen_;
    }
  }
  factor_ = (seen_ + tuning_.believed) / (foretold_ + tuning_.believed);
}

double Balanced::mean_chance(const Packing& packing) const {
  double sum = 0;
  int nodes = 0;
  for (int node = 0; node < packing.nodes(); ++node) {
    if (packing.empty(node) || aside(node)) continue;
    sum += chance(packing.risk(node));
    ++nodes;
  }
  return nodes > 0 ? sum / nodes : 0;
}

bool Balanced::bears(const Packing& packing, int node, int vm) const {
  return packing.admits(node, vm) && (!fresh_ || packing.load(node).demand + packing.vm(vm).demand.cpu <= packing.room(node));
}

int Balanced::best_target(const Packing& packing, int vm, const std::vector<char>& excluded) const {
  int best = -1;
  double least = kNever;
  const int home = packing.home_of(vm);
  const ByPoint added = packing.added_by(vm);
  int looked_at = 0;
  // The lower the risk, the less it rises, but for how much the peaks of a node's VMs count: of very many nodes only those at the
  // lowest risk are compared.
  for (const auto& [risk, node] : packing.by_risk()) {
    if (excluded[index(node)] != 0 || node == home) continue;
    if (chance(risk) > tuning_.worst * level_ || (best >= 0 && looked_at >= kLookedAt)) break;
    if (!packing.has_room(node, vm)) continue;
    ++looked_at;
    if (packing.least_rise(node, added) > least) continue;
    const double after = packing.risk_with(node, vm);
    if (chance(after) > tuning_.worst * level_) continue;
    const double rise = after - risk;
    if (rise < least && bears(packing, node, vm)) least = rise, best = node;
  }
  return best;
}

int Balanced::fullest_target(const Packing& packing, int vm, const std::vector<char>& excluded) const {
  int best = -1;
  double least = kNever;
  for (int node = 0; node < packing.nodes(); ++node) {
    if (packing.node(node).life != NodeLife::Active || excluded[index(node)] != 0 || node == packing.home_of(vm) ||
        packing.empty(node) || !packing.has_room(node, vm))
      continue;
    const double left = packing.node(node).capacity.memory - packing.load(node).reserved.memory;
    if (left < least && chance(packing.risk_with(node, vm)) <= level_ && bears(packing, node, vm)) least = left, best = node;
  }
  return best;
}

int Balanced::spare_target(const Packing& packing, int vm) const {
  const int home = packing.home_of(vm);
  const bool alone = home >= 0 && packing.load(home).vms.size() == 1;
  int best = -1;
  std::pair<int, double> least;
  for (int node = 0; node < packing.nodes(); ++node) {
    const std::pair<int, double> merit{rank_of_spare(packing, node), watts_[index(node)]};
    if (merit.first < 0 || (best >= 0 && merit >= least) || node == home) continue;
    // Alone on an equal node it is no better off than alone on its own.
    const bool fits = packing.empty(node) ? !alone || packing.room(node) > packing.room(home)
                                          : chance(packing.risk_with(node, vm)) <= tuning_.worst * level_;
    if (fits && bears(packing, node, vm)) least = merit, best = node;
  }
  return best;
}

// An overload costs the time until it is seen and a copy has been made; with fresh samples it then also costs that move.
double Balanced::level(const Pool& pool) const {
  double copy = 0;
  for (const PoolVm& vm : pool.vms) copy += vm.copy_seconds / static_cast<double>(pool.vms.size());
  const double costs = to_seconds(pool.sample_age) + (fresh_ ? 1 + tuning_.relief_copies : 1) * copy;
  return std::min(tuning_.overload_seconds / std::max(costs, 1.0), tuning_.most_chance);
}

Advice Balanced::advise(const Pool& pool) {
  if (grown_) grown_ = std::min(*grown_, pool.now);  // the clock may have been put back
  watts_ = watts_for_the_pool(pool);
  history_.observe(pool);
  rests_.observe(pool);
  fresh_ = pool.sample_age * 4 <= settings_.interval;
  level_ = level(pool);
  Round round(Packing(pool, history_, settings_.overload));
  learn(round.plan);
  const bool known = rounds_++ >= tuning_.first_rounds;
  const double filled = fill(round.plan);
  memory_binds_ = memory_filled(pool) > kMemoryBinds * filled;
  aside_.assign(pool.nodes.size(), 0);
  if (filled <= (known ? tuning_.overfull : tuning_.roomy)) relieve(round);
  resume(round);
  if (known && filled <= tuning_.overfull) {
    grow(round);
    even(round);
  }
  pack(round, known || filled <= tuning_.roomy);
  return write(pool, round);
}

// One that arrives alone goes where the risk rises least. Those that wait together are laid out together, once.
int Balanced::place(const Pool& pool, int vm) {
  const auto waits = [](const PoolVm& v) { return v.node < 0 && v.moving_to < 0; };
  if (std::count_if(pool.vms.begin(), pool.vms.end(), waits) == 1 && !arrivals_.contains(pool.vms[index(vm)].uid)) {
    history_.look(pool);
    const Packing packing(pool, history_, settings_.overload);
    const int target = best_target(packing, vm, std::vector<char>(pool.nodes.size(), 0));
    if (target >= 0) return target;
  }
  const auto planned = [&] {
    const auto found = arrivals_.find(pool.vms[index(vm)].uid);
    return found == arrivals_.end() ? -1 : found->second;
  };
  const int target = planned();
  if (target >= 0 && target < static_cast<int>(pool.nodes.size()) && can_arrive(pool, vm, target)) return target;
  arrivals_ = lay_out_arrivals(pool);
  return planned();
}

}  // namespace drover
