#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "base/index.h"
#include "consolidate/balanced_round.h"

namespace drover {
namespace {

constexpr std::size_t kCoarse = 32;  // part of the nodes to be emptied at once that bisection leaves over, for later
constexpr double kCopyCpu = 0.1;     // of a VM's virtual CPUs, that a copy takes at each end

// Nodes without a VM that are on: in service, or out of it and taken back at once.
int idle_nodes(const Packing& packing) {
  int idle = 0;
  for (int node = 0; node < packing.nodes(); ++node) {
    const PoolNode& n = packing.node(node);
    const bool on = n.life == NodeLife::Active || n.life == NodeLife::Retiring || n.life == NodeLife::Draining ||
                    n.life == NodeLife::Empty || n.life == NodeLife::Waking;
    idle += on && n.receives && packing.empty(node) ? 1 : 0;
  }
  return idle;
}

// Its VMs may move now, and none was moved to it in this plan.
bool all_free(const Packing& packing, int node) {
  const auto& vms = packing.load(node).vms;
  return std::all_of(vms.begin(), vms.end(), [&](int vm) { return packing.free(vm); });
}

// The other nodes that are in use and open have no memory left for its VMs, each put, the largest first, where it just fits.
bool no_memory_for(const Packing& packing, int node) {
  std::vector<double> left;
  for (int other = 0; other < packing.nodes(); ++other) {
    const PoolNode& n = packing.node(other);
    if (other != node && !packing.empty(other) && n.receives && n.life == NodeLife::Active)
      left.push_back(n.capacity.memory - packing.load(other).reserved.memory);
  }
  std::vector<double> sizes;
  for (const int vm : packing.load(node).vms) sizes.push_back(packing.vm(vm).reserved.memory);
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  for (const double size : sizes) {
    const auto hole = [&](double a) { return a >= size ? a : std::numeric_limits<double>::infinity(); };
    const auto tighter = [&](double a, double b) { return hole(a) < hole(b); };
    const auto place = std::min_element(left.begin(), left.end(), tighter);
    if (place == left.end() || *place < size) return true;
    *place -= size;
  }
  return false;
}

}  // namespace

// The plan with these nodes empty, if all of their VMs that may move now find a place, on a node that is not closed, and the mean
// chance stays within the level.
std::optional<Packing> Balanced::evacuated(const Packing& packing, const std::vector<int>& nodes, std::vector<char> closed,
                                           std::string* why) const {
  if (packing.pool().is_stopped()) return std::nullopt;
  Packing plan = packing;
  std::vector<int> leaving;
  std::vector<char> left(closed.size(), 0);  // by node
  for (const int node : nodes) {
    closed[index(node)] = left[index(node)] = 1;
    for (const int vm : plan.load(node).vms) {
      if (plan.free(vm)) leaving.push_back(vm);
    }
  }
  const auto size = [&](int vm) { return plan.forecast(vm).mean + plan.forecast(vm).sigma; };
  std::stable_sort(leaving.begin(), leaving.end(), [&](int a, int b) { return size(a) > size(b); });
  if (memory_binds_) {
    std::stable_sort(leaving.begin(), leaving.end(),
                     [&](int a, int b) { return plan.vm(a).reserved.memory > plan.vm(b).reserved.memory; });
  }
  // Of the nodes that stay in use: their chances only rise, so it is often known early that the mean will be too high.
  double sum = 0;
  int stay = 0;
  for (int node = 0; node < plan.nodes(); ++node) {
    if (plan.empty(node) || aside(node)) continue;
    if (left[index(node)] == 0) sum += chance(plan.risk(node));
    if (left[index(node)] == 0 || !all_free(plan, node)) ++stay;
  }
  for (const int vm : leaving) {
    int target = memory_binds_ ? fullest_target(plan, vm, closed) : -1;
    if (target < 0) target = best_target(plan, vm, closed);
    if (target < 0) {
      if (why != nullptr) *why = "VM " + to_string(plan.vm(vm).key) + " finds no other node at an acceptable risk of overload";
      return std::nullopt;
    }
    if (!aside(target)) sum -= chance(plan.risk(target));
    plan.move(vm, target);
    if (!aside(target)) sum += chance(plan.risk(target));
    if (why == nullptr && sum > level_ * stay * (1 + 1e-9)) return std::nullopt;
  }
  if (mean_chance(plan) <= level_) return plan;
  if (why != nullptr) *why = "without it the nodes would be overloaded too often";
  return std::nullopt;
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
// Not to nodes that are to be emptied next, if there are others: a VM would move twice.
void Balanced::resume(Round& round) {
  const std::vector<char> open(round.hot.size(), 0);
  std::vector<char> due = open;
  for (int node = 0; node < round.plan.nodes(); ++node) due[index(node)] = due_.contains(round.plan.node(node).name) ? 1 : 0;
  for (int node = 0; node < round.plan.nodes(); ++node) {
    const PoolNode& n = round.plan.node(node);
    const bool on_its_way = n.life == NodeLife::Retiring || n.life == NodeLife::Draining;
    if (!on_its_way || round.plan.empty(node)) continue;
    const auto& vms = round.plan.load(node).vms;
    // None may move now, and that has lasted: it serves until they may.
    const bool stalled = std::none_of(vms.begin(), vms.end(), [&](int vm) { return round.plan.free(vm); }) &&
                         std::none_of(vms.begin(), vms.end(), [&](int vm) { return round.plan.vm(vm).moving_to >= 0; }) &&
                         round.plan.pool().now - n.since >= tuning_.stabilization_rounds * settings_.interval;
    const bool can_empty = !stalled && n.keeps_on.empty() && std::all_of(vms.begin(), vms.end(), [&](int vm) {
      return round.plan.vm(vm).movable && !round.plan.moved(vm);
    });
    auto plan = can_empty ? evacuated(round.plan, {node}, due) : std::nullopt;
    if (!plan && can_empty) plan = evacuated(round.plan, {node}, open);
    if (plan) {
      adopt(round, std::move(*plan), {node});
    } else {
      round.taken_back[index(node)] = 1;
    }
  }
}

// What emptying the node saves while it rests, less what its moves, its shutdown and its boot cost: in joules.
double Balanced::gain(const Packing& packing, int node) const {
  const PoolNode& n = packing.node(node);
  const double watts_a_cpu = (n.power.max_watts() - n.power.idle_watts()) / std::max(n.capacity.cpu, 1e-9);
  double cost = n.power.boot_joules + n.power.shutdown_joules;
  for (const int vm : packing.load(node).vms) {
    const PoolVm& v = packing.vm(vm);
    cost += settings_.move_cost_joules + 2 * kCopyCpu * v.most.cpu * watts_a_cpu * v.copy_seconds;
  }
  return (n.power.idle_watts() - n.power.standby_watts) * rests_.expected_seconds() - cost;
}

// Nodes that may be emptied, the cheapest first. Why the others may not goes into the round.
std::vector<int> Balanced::candidates(Round& round) const {
  const Packing& p = round.plan;
  std::vector<int> nodes;
  for (int node = 0; node < p.nodes(); ++node) {
    const PoolNode& n = p.node(node);
    const auto& vms = p.load(node).vms;
    if (vms.empty() || n.life != NodeLife::Active) continue;
    Bound& bound = round.bounds[index(node)];
    const auto bound_vm = std::find_if_not(vms.begin(), vms.end(), [&](int vm) { return p.free(vm); });
    if (!n.keeps_on.empty()) {
      bound = {Bound::Kind::KeptOn, n.keeps_on};
    } else if (round.hot[index(node)] != 0) {
      bound = {Bound::Kind::Overloaded, "it is overloaded"};
    } else if (bound_vm != vms.end()) {
      bound = {Bound::Kind::Immovable,
               "VM " + to_string(p.vm(*bound_vm).key) +
                   (p.moved(*bound_vm) || p.vm(*bound_vm).moving_to >= 0 ? " is on its way to it" : " may not be moved now")};
    } else if (const double saved = gain(p, node); saved <= 0) {
      bound = {Bound::Kind::Price, "its " + std::to_string(vms.size()) + " moves, shutdown and boot cost " +
                                       std::to_string(std::lround(-saved / 1000)) + " kJ more than it saves in " +
                                       to_string(from_seconds(std::round(rests_.expected_seconds() / 60) * 60)) +
                                       ", its expected rest"};
    } else {
      nodes.push_back(node);
    }
  }
  std::stable_sort(nodes.begin(), nodes.end(), [&](int a, int b) {
    // A copy takes CPU of a VM that wants some, the less the better; where CPU binds, what is left of it says more.
    const auto rank = [&](int node) {
      return std::tuple(-watts_[index(node)], p.load(node).vms.size(), memory_binds_ ? p.load(node).demand : 0);
    };
    return rank(a) < rank(b);
  });
  auto may_rest = p.pool().may_rest;
  std::erase_if(nodes, [&](int node) {
    const auto left = may_rest.find(p.node(node).zone);
    if (left == may_rest.end() || left->second-- > 0) return false;
    round.bounds[index(node)] = {Bound::Kind::KeptOn,
                                 "no more nodes of its zone may rest (spec.consolidation.powerDown.maxResting)"};
    return true;
  });
  return nodes;
}

void Balanced::pack(Round& round, bool known) {
  const std::vector<int> nodes = candidates(round);
  due_.clear();
  if (grown_ && round.plan.pool().now - *grown_ < stabilizes_in_) {
    for (const int node : nodes)
      round.bounds[index(node)] = {Bound::Kind::Stabilizing,
                                   "a node was woken or taken back " + to_string(round.plan.pool().now - *grown_) + " ago"};
    return;
  }
  if (!known) {
    for (const int node : nodes)
      round.bounds[index(node)] = {Bound::Kind::Unknown,
                                   "its VMs were seen for too short a time to pack a pool that has little room"};
    return;
  }
  const auto some = [&](std::size_t from, std::size_t count) {
    return std::vector<int>(nodes.begin() + static_cast<std::ptrdiff_t>(from),
                            nodes.begin() + static_cast<std::ptrdiff_t>(from + count));
  };
  const std::vector<char> open(round.hot.size(), 0);
  Round trial = round;
  // As many at once as can be: twice as many while it works, then by bisection, of very many nodes not to the last. Then one by
  // one, past those that can't be emptied.
  std::optional<Packing> best;
  std::size_t works = 0;
  std::size_t fails = nodes.size() + 1;
  for (std::size_t count = 1; count > works && count < fails;) {
    auto plan = evacuated(round.plan, some(0, count), open);
    if (plan) {
      best = std::move(plan);
      works = count;
    } else {
      fails = count;
    }
    if (fails <= nodes.size() && fails - works <= works / kCoarse) break;
    count = fails > nodes.size() ? std::min(2 * works, nodes.size()) : (works + fails) / 2;
  }
  if (best) adopt(trial, std::move(*best), some(0, works));
  int failures = 0;
  for (std::size_t i = works; i < nodes.size() && !round.plan.pool().is_stopped(); ++i) {
    Bound& bound = trial.bounds[index(nodes[i])];
    if (memory_binds_ && no_memory_for(trial.plan, nodes[i])) {  // it says nothing of those with more VMs, but smaller ones
      bound = {Bound::Kind::Risk, "the other nodes in use have too little memory left for its VMs"};
      continue;
    }
    if (failures == tuning_.tries) {
      bound = {Bound::Kind::Risk, "others with fewer VMs can't be emptied either"};
      continue;
    }
    auto plan = all_free(trial.plan, nodes[i]) ? evacuated(trial.plan, some(i, 1), open, &bound.why) : std::nullopt;
    if (plan) {
      adopt(trial, std::move(*plan), some(i, 1));
    } else {
      if (bound.why.empty()) bound.why = "VMs of other nodes are to go there";
      bound.kind = Bound::Kind::Risk;
      ++failures;
    }
  }
  // What is only the reserve saves nothing.
  const int reserve = reserve_of(settings_, trial.plan);
  if (idle_nodes(trial.plan) > reserve) {
    round = std::move(trial);
    for (int node = 0; node < round.plan.nodes(); ++node) {
      if (round.leaving[index(node)] != 0) due_.insert(round.plan.node(node).name);
    }
    return;
  }
  for (const int node : nodes) {
    Bound& bound = round.bounds[index(node)] = trial.bounds[index(node)];
    if (bound.kind == Bound::Kind::None)
      bound = {Bound::Kind::Reserve, "emptied it would only be the reserve (spec.consolidation.reserve), which stays on"};
  }
}

}  // namespace drover
