#include "consolidate/balanced.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "consolidate/arrivals.h"
#include "consolidate/balanced_round.h"

namespace drover {
namespace {

constexpr double kPaybackSeconds = 3600;
constexpr int kReliefMoves = 6;  // of one node in one round
constexpr int kGrowthMoves = 12;
constexpr double kNever = std::numeric_limits<double>::infinity();

std::size_t index(int i) {
  return static_cast<std::size_t>(i);
}

double watts_per_cpu(const PoolNode& node) {
  return node.power.max_watts() / std::max(node.capacity.cpu, 1e-9);
}

// In which order nodes without VMs, or on their way out, are put to use; -1: not at all.
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

// Its VMs may move now, and none was moved to it in this plan.
bool all_free(const Packing& packing, int node) {
  const auto& vms = packing.load(node).vms;
  return std::all_of(vms.begin(), vms.end(), [&](int vm) { return packing.free(vm); });
}

}  // namespace

Balanced::Balanced(const ConsolidationSettings& settings, const BalancedTuning& tuning)
    : settings_(settings), tuning_(tuning), history_(tuning.history), level_(tuning.most_chance) {}

// Corrects what is foretold by what was seen; until much was seen, the first guess holds.
void Balanced::learn(const Packing& packing) {
  if (expected_ > 0) {
    foretold_ = tuning_.belief_memory * foretold_ + expected_;
    seen_ *= tuning_.belief_memory;
    for (int node = 0; node < packing.nodes(); ++node) {
      if (!packing.empty(node) && packing.load(node).demand > packing.room(node)) ++seen_;
    }
  }
  factor_ = (seen_ + tuning_.believed) / (foretold_ + tuning_.believed);
}

double Balanced::mean_chance(const Packing& packing) const {
  double sum = 0;
  int nodes = 0;
  for (int node = 0; node < packing.nodes(); ++node) {
    if (packing.empty(node)) continue;
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
  for (int node = 0; node < packing.nodes(); ++node) {
    if (excluded[index(node)] != 0 || node == packing.home_of(vm) || packing.empty(node)) continue;
    if (packing.node(node).life != NodeLife::Active) continue;
    const double after = packing.risk_with(node, vm);
    if (chance(after) > tuning_.worst * level_) continue;
    const double rise = after - packing.risk(node);
    if (rise < least && bears(packing, node, vm)) least = rise, best = node;
  }
  return best;
}

int Balanced::spare_target(const Packing& packing, int vm) const {
  const int home = packing.home_of(vm);
  const bool alone = home >= 0 && packing.load(home).vms.size() == 1;
  int best = -1;
  std::pair<int, double> least;
  for (int node = 0; node < packing.nodes(); ++node) {
    const std::pair<int, double> merit{rank_of_spare(packing, node), watts_per_cpu(packing.node(node))};
    if (merit.first < 0 || (best >= 0 && merit >= least) || node == home) continue;
    // Alone on an equal node it is no better off than alone on its own.
    const bool fits = packing.empty(node) ? !alone || packing.room(node) > packing.room(home)
                                          : chance(packing.risk_with(node, vm)) <= tuning_.worst * level_;
    if (fits && bears(packing, node, vm)) least = merit, best = node;
  }
  return best;
}

// With fresh samples what the node is asked for; with old ones what is foretold: a peak may well be over.
double Balanced::wanted(const Packing& packing, int node) const {
  return (fresh_ ? packing.load(node).demand : packing.load(node).next) / packing.room(node);
}

void Balanced::relieve(Round& round) {
  Packing& p = round.plan;
  std::vector<std::pair<double, int>> nodes;
  for (int node = 0; node < p.nodes(); ++node) {
    if (p.empty(node) || !p.node(node).measured || wanted(p, node) <= 1) continue;
    nodes.emplace_back(-wanted(p, node), node);
    round.hot[index(node)] = 1;
  }
  std::sort(nodes.begin(), nodes.end());
  for (const auto& [use, node] : nodes) relieve(round, node);
}

void Balanced::relieve(Round& round, int node) {
  Packing& p = round.plan;
  for (int moves = 0; moves < kReliefMoves && wanted(p, node) > 1; ++moves) {
    const double excess = (wanted(p, node) - 1) * p.room(node);
    int best = -1;
    double least = kNever;
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
    p.move(best, target);
    round.steps.push_back({best, Step::Why::Relief, node});
  }
}

// The plan with these nodes empty, if all of their VMs that may move now find a place and the mean chance stays within the level.
std::optional<Packing> Balanced::evacuated(const Packing& packing, const std::vector<int>& nodes) const {
  Packing plan = packing;
  std::vector<char> excluded(index(plan.nodes()), 0);
  std::vector<int> leaving;
  for (const int node : nodes) {
    excluded[index(node)] = 1;
    for (const int vm : plan.load(node).vms) {
      if (plan.free(vm)) leaving.push_back(vm);
    }
  }
  const auto size = [&](int vm) { return plan.forecast(vm).mean + plan.forecast(vm).sigma; };
  std::stable_sort(leaving.begin(), leaving.end(), [&](int a, int b) { return size(a) > size(b); });
  for (const int vm : leaving) {
    const int target = best_target(plan, vm, excluded);
    if (target < 0) return std::nullopt;
    plan.move(vm, target);
  }
  if (mean_chance(plan) > level_) return std::nullopt;
  return plan;
}

void Balanced::adopt(Round& round, Packing plan, const std::vector<int>& nodes) const {
  for (const int node : nodes) {
    for (const int vm : round.plan.load(node).vms) {
      if (plan.node_of(vm) != node) round.steps.push_back({vm, Step::Why::Packing, node});
    }
    round.leaving[index(node)] = 1;
  }
  round.plan = std::move(plan);
}

// Nodes that were retired before: what is left on them moves on, or they are taken back.
void Balanced::resume(Round& round) {
  for (int node = 0; node < round.plan.nodes(); ++node) {
    const PoolNode& n = round.plan.node(node);
    const bool on_its_way = n.life == NodeLife::Retiring || n.life == NodeLife::Draining;
    if (!on_its_way || round.plan.empty(node)) continue;
    const auto& vms = round.plan.load(node).vms;
    const bool can_empty = n.keeps_on.empty() && std::all_of(vms.begin(), vms.end(), [&](int vm) {
                             return round.plan.vm(vm).movable && !round.plan.moved(vm);
                           });
    auto plan = can_empty ? evacuated(round.plan, {node}) : std::nullopt;
    if (plan) {
      adopt(round, std::move(*plan), {node});
    } else {
      round.taken_back[index(node)] = 1;
    }
  }
}

// What its VMs' moves may cost, in joules: what it saves in an hour, less what its shutdown and boot take.
double Balanced::payback(const PoolNode& node) const {
  return (node.power.idle_watts() - node.power.standby_watts) * kPaybackSeconds - node.power.boot_joules -
         node.power.shutdown_joules;
}

// Nodes that may be emptied, the cheapest first.
std::vector<int> Balanced::candidates(const Round& round) const {
  const Packing& p = round.plan;
  std::vector<int> nodes;
  for (int node = 0; node < p.nodes(); ++node) {
    const PoolNode& n = p.node(node);
    const auto& vms = p.load(node).vms;
    if (vms.empty() || n.life != NodeLife::Active || round.hot[index(node)] != 0 || !n.keeps_on.empty()) continue;
    if (static_cast<double>(vms.size()) * tuning_.move_joules > payback(n)) continue;
    if (all_free(p, node)) nodes.push_back(node);
  }
  std::stable_sort(nodes.begin(), nodes.end(), [&](int a, int b) {
    const std::pair worth_a{-watts_per_cpu(p.node(a)), p.load(a).vms.size()};
    const std::pair worth_b{-watts_per_cpu(p.node(b)), p.load(b).vms.size()};
    return worth_a < worth_b;
  });
  return nodes;
}

void Balanced::pack(Round& round) {
  if (grown_ && round.plan.pool().now - *grown_ < settles_in_) return;
  const std::vector<int> nodes = candidates(round);
  const auto some = [&](std::size_t from, std::size_t count) {
    return std::vector<int>(nodes.begin() + static_cast<std::ptrdiff_t>(from),
                            nodes.begin() + static_cast<std::ptrdiff_t>(from + count));
  };
  // As many at once as can be: twice as many while it works, then by bisection. Then one by one, past those that can't be emptied.
  std::optional<Packing> best;
  std::size_t works = 0;
  std::size_t fails = nodes.size() + 1;
  for (std::size_t count = 1; count > works && count < fails;) {
    auto plan = evacuated(round.plan, some(0, count));
    if (plan) {
      best = std::move(plan);
      works = count;
    } else {
      fails = count;
    }
    count = fails > nodes.size() ? std::min(2 * works, nodes.size()) : (works + fails) / 2;
  }
  if (best) adopt(round, std::move(*best), some(0, works));
  int failures = 0;
  for (std::size_t i = works; i < nodes.size() && failures < tuning_.tries; ++i) {
    auto plan = all_free(round.plan, nodes[i]) ? evacuated(round.plan, some(i, 1)) : std::nullopt;
    if (plan) {
      adopt(round, std::move(*plan), some(i, 1));
    } else {
      ++failures;
    }
  }
}

// When the risk of the nodes in use has risen far above the level: each of the worst gives up the VM that lowers its risk most, to
// a node that is below the level with it, or else to one that was not in use.
void Balanced::grow(Round& round) {
  Packing& p = round.plan;
  if (mean_chance(p) <= std::min(tuning_.growth * level_, tuning_.growth_chance)) return;
  int spare = -1;
  for (int moves = 0; moves < kGrowthMoves && mean_chance(p) > level_; ++moves) {
    int from = -1;
    for (int node = 0; node < p.nodes(); ++node) {
      if (!p.empty(node) && (from < 0 || p.risk(node) > p.risk(from))) from = node;
    }
    int best = -1;
    double most = 0;
    for (const int vm : p.load(from).vms) {
      const double less = p.risk(from) - p.risk_without(from, vm);
      if (less > most && p.free(vm)) most = less, best = vm;
    }
    if (best < 0) return;
    int target = best_target(p, best, round.hot);
    if (target < 0 || chance(p.risk_with(target, best)) > level_) {
      if (spare < 0) spare = spare_target(p, best);
      target = spare;
    }
    if (target < 0 || !bears(p, target, best) || chance(p.risk_with(target, best)) > level_) return;
    p.move(best, target);
    round.steps.push_back({best, Step::Why::Growth, from});
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
          if (gain > most && after < -nodes[i].first && bears(p, node, vm))
            most = gain, best = {vm, Step::Why::Evening, from}, target = node;
        }
      }
    }
    if (target < 0) return;
    p.move(best.vm, target);
    round.steps.push_back(best);
  }
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
  history_.observe(pool);
  fresh_ = pool.sample_age * 4 <= settings_.interval;
  level_ = level(pool);
  Round round(Packing(pool, history_, settings_.overload));
  learn(round.plan);
  relieve(round);
  resume(round);
  grow(round);
  even(round);
  pack(round);
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
