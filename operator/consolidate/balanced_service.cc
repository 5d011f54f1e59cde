#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/index.h"
#include "consolidate/balanced_round.h"

namespace drover {
namespace {

constexpr int kReliefMoves = 6;  // of one node in one round
constexpr int kGrowthMoves = 12;

// CPU that is not served in the long run, less of it by the move: negative where the move makes it worse.
double served_by(const Packing& p, int vm, int target) {
  const int from = p.node_of(vm);
  return p.shortfall(from) - p.shortfall_without(from, vm) - (p.shortfall_with(target, vm) - p.shortfall(target));
}

}  // namespace

// With fresh samples what the node is asked for; with old ones what is foretold: a peak may well be over.
double Balanced::wanted(const Packing& packing, int node) const {
  return (fresh_ ? packing.load(node).demand : packing.load(node).next) / packing.room(node);
}

// What a relief takes off an overload now, it may not make worse for longer: where the pool as a whole is asked for too much, moves
// only make the nodes uneven.
bool Balanced::helps(const Packing& p, int vm, int target) const {
  const int from = p.node_of(vm);
  const double given = fresh_ ? p.vm(vm).demand.cpu : p.forecast(vm).next;
  const double excess = std::min(given, (wanted(p, from) - 1) * p.room(from));
  return tuning_.relief_lasts * excess + served_by(p, vm, target) > 0;
}

// A peak above the limit is no reason to move anything as long as the node has about half of what lies beyond it left.
bool Balanced::suffers(const Packing& packing, int node) {
  const NodeLoad& load = packing.load(node);
  return load.mean > packing.room(node) || 2 * load.demand > packing.room(node) + packing.node(node).capacity.cpu;
}

void Balanced::relieve(Round& round) {
  Packing& p = round.plan;
  std::vector<std::pair<double, int>> nodes;
  for (int node = 0; node < p.nodes(); ++node) {
    if (p.empty(node) || !p.node(node).measured || wanted(p, node) <= 1 || !suffers(p, node)) continue;
    nodes.emplace_back(-wanted(p, node), node);
    round.hot[index(node)] = 1;
  }
  std::sort(nodes.begin(), nodes.end());
  for (const auto& [use, node] : nodes) {
    if (p.pool().is_stopped()) return;
    relieve(round, node);
    if (wanted(p, node) > 1) aside_[index(node)] = 1;
  }
}

// What the VMs want in the long run, as a share of what the nodes have that could be on.
double Balanced::fill(const Packing& packing) const {
  double wanted = 0;
  double room = 0;
  for (int node = 0; node < packing.nodes(); ++node) {
    wanted += packing.load(node).mean;
    if (!packing.empty(node) || (packing.node(node).receives && rank_of_spare(packing, node) >= 0))
      room += packing.node(node).capacity.cpu;
  }
  return room > 0 ? wanted / room : 0;
}

void Balanced::relieve(Round& round, int node) {
  Packing& p = round.plan;
  for (int moves = 0; moves < kReliefMoves && wanted(p, node) > 1; ++moves) {
    const double excess = (wanted(p, node) - 1) * p.room(node);
    int best = -1;
    double least = std::numeric_limits<double>::infinity();
    for (const int vm : p.load(node).vms) {
      if (!p.free(vm)) continue;
      const double given = fresh_ ? p.vm(vm).demand.cpu : p.forecast(vm).next;
      // One that cures it beats all that do not; of these the largest.
      const double cost =
          given < excess ? 1e6 - given / p.room(node) : given / p.room(node) + tuning_.copy_weight * p.vm(vm).copy_seconds / 30;
      if (cost < least) least = cost, best = vm;
    }
    if (best < 0) return;
    int target = best_target(p, best, round.hot);
    if (target < 0) target = spare_target(p, best);
    if (target < 0) {
      round.stuck.push_back(node);
      return;
    }
    if (!helps(p, best, target)) {
      round.hopeless.push_back(node);
      return;
    }
    p.move(best, target);
    round.steps.push_back({best, Step::Why::Relief, node});
  }
}

// When the risk of the nodes in use has risen far above the level: each of the worst gives up the VM that lowers its risk most, to
// a node that is below the level with it, or else to one that was not in use.
void Balanced::grow(Round& round) {
  Packing& p = round.plan;
  if (mean_chance(p) <= std::min(tuning_.growth * level_, tuning_.growth_chance)) return;
  bool spares = false;
  for (int node = 0; node < p.nodes(); ++node) spares = spares || (p.node(node).receives && rank_of_spare(p, node) >= 0);
  if (!spares) return;  // then moves only make the nodes more even, which even() does where it is worth it
  int spare = -1;
  std::vector<char> tried = aside_;  // by node: none of its VMs can be moved for the better
  for (int moves = 0; moves < kGrowthMoves && mean_chance(p) > level_;) {
    int from = -1;
    for (int node = 0; node < p.nodes(); ++node) {
      if (!p.empty(node) && tried[index(node)] == 0 && (from < 0 || p.risk(node) > p.risk(from))) from = node;
    }
    if (from < 0 || chance(p.risk(from)) <= level_) return;
    int best = -1;
    double most = 0;
    for (const int vm : p.load(from).vms) {
      const double less = p.risk(from) - p.risk_without(from, vm);
      if (less > most && p.free(vm)) most = less, best = vm;
    }
    int target = best >= 0 ? best_target(p, best, round.hot) : -1;
    if (best >= 0 && (target < 0 || chance(p.risk_with(target, best)) > level_)) {
      if (spare < 0) spare = spare_target(p, best);
      target = spare;
    }
    if (target < 0 || target == from || !bears(p, target, best) || chance(p.risk_with(target, best)) > level_) {
      tried[index(from)] = 1;
      continue;
    }
    p.move(best, target);
    round.steps.push_back({best, Step::Why::Growth, from});
    ++moves;
  }
}

void Balanced::even(Round& round) {
  constexpr std::size_t kLookedAt = 3;  // nodes at the highest risk
  Packing& p = round.plan;
  for (int moves = 0; moves < tuning_.evenings; ++moves) {
    std::vector<std::pair<double, int>> nodes;
    for (int node = 0; node < p.nodes(); ++node) {
      if (!p.empty(node) && p.node(node).life == NodeLife::Active) nodes.emplace_back(-p.risk(node), node);
    }
    std::sort(nodes.begin(), nodes.end());
    Step best;
    int target = -1;
    double most = tuning_.gain * level_ / factor_;
    for (std::size_t i = 0; i < std::min(nodes.size(), kLookedAt); ++i) {
      const int from = nodes[i].second;
      for (const int vm : p.load(from).vms) {
        const double less = -nodes[i].first - p.risk_without(from, vm);
        if (less <= most || !p.free(vm)) continue;
        for (const auto& [risk, node] : nodes) {
          if (node == from) continue;
          const double after = p.risk_with(node, vm);
          const double gain = less - (after + risk);
          if (gain > most && after < -nodes[i].first && bears(p, node, vm) &&
              (!fresh_ || served_by(p, vm, node) > tuning_.gain_served * (p.load(from).mean + p.load(node).mean)))
            most = gain, best = {vm, Step::Why::Evening, from}, target = node;
        }
      }
    }
    if (target < 0) return;
    p.move(best.vm, target);
    round.steps.push_back(best);
  }
}

}  // namespace drover
