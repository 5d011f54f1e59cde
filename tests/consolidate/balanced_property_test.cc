// What Balanced does with any pool.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "balanced_pools.h"
#include "base/random.h"
#include "consolidate/balanced.h"
#include "consolidate/packing.h"

namespace drover {
namespace {

using namespace machines;

Pool random_pool(std::uint64_t seed) {
  SeededRandom random(seed);
  Pool pool;
  const int nodes = 3 + static_cast<int>(random.below(10));
  for (int n = 0; n < nodes; ++n) {
    const double cpu = random.uniform(8, 32);
    pool.nodes.push_back(node(n, cpu, random.uniform(32, 128)));
    if (random.chance(0.15)) pool.nodes.back().receives = false;
    if (random.chance(0.15)) pool.nodes.back().life = NodeLife::Asleep;
    if (random.chance(0.1)) pool.nodes.back().keeps_on = "it holds storage";
  }
  std::vector<double> memory(pool.nodes.size(), 0);
  for (int i = 0; i < 6 * nodes; ++i) {
    const auto where = random.below(pool.nodes.size());
    const double demand = random.uniform(0, 3);
    PoolVm v = vm(i, static_cast<int>(where), demand, 4, random.uniform(1, 12));
    if (pool.nodes[where].life != NodeLife::Active || memory[where] + v.reserved.memory > pool.nodes[where].capacity.memory)
      continue;
    memory[where] += v.reserved.memory;
    v.movable = !random.chance(0.1);
    v.movable_now = !random.chance(0.1);
    pool.vms.push_back(v);
  }
  pool.may_run = [seed](int v, int n) { return SeededRandom(seed + static_cast<std::uint64_t>(97 * v + n)).uniform() < 0.9; };
  return pool;
}

void redraw(Pool& pool, SeededRandom& random) {
  for (auto& v : pool.vms) v.demand.cpu = std::clamp(v.demand.cpu + random.uniform(-0.6, 0.6), 0.0, v.most.cpu);
}

// Each move in turn, as it would be carried out: there is room where it goes, and it may be made at all.
void expect_executable(const Pool& pool, const Advice& advice) {
  std::vector<NodeLife> life;
  std::vector<double> memory(pool.nodes.size(), 0);
  for (const auto& n : pool.nodes) life.push_back(n.life);
  for (const auto& v : pool.vms) memory[static_cast<std::size_t>(v.node)] += v.reserved.memory;
  for (const auto& order : advice.orders) {
    RC_ASSERT(!order.reason.empty());
    auto& l = life[static_cast<std::size_t>(order.node)];
    switch (order.act) {
      case NodeOrder::Act::Wake: RC_ASSERT(l == NodeLife::Asleep), l = NodeLife::Active; break;
      case NodeOrder::Act::TakeBack: RC_ASSERT(l == NodeLife::Retiring || l == NodeLife::Empty), l = NodeLife::Active; break;
      case NodeOrder::Act::Sleep: RC_ASSERT(l == NodeLife::Empty); break;
      case NodeOrder::Act::Retire:
        RC_ASSERT(l == NodeLife::Active && pool.nodes[static_cast<std::size_t>(order.node)].keeps_on.empty());
        l = NodeLife::Retiring;
    }
  }
  std::vector<char> moved(pool.vms.size(), 0);
  for (const auto& move : advice.moves) {
    const PoolVm& v = pool.vms[static_cast<std::size_t>(move.vm)];
    const auto target = static_cast<std::size_t>(move.target);
    RC_ASSERT(v.movable && v.movable_now && v.node != move.target && moved[static_cast<std::size_t>(move.vm)]++ == 0);
    RC_ASSERT(pool.nodes[target].receives && pool.allows(move.vm, move.target));
    RC_ASSERT(life[target] == NodeLife::Active);
    memory[target] += v.reserved.memory;  // and held at the source until all copies are made
    RC_ASSERT(memory[target] <= pool.nodes[target].capacity.memory);
    RC_ASSERT(!move.reason.empty());
  }
}

RC_GTEST_PROP(Balanced, AdvisesOnlyWhatCanBeCarriedOut, (std::uint64_t seed)) {
  Pool pool = random_pool(seed);
  Balanced strategy(settings());
  SeededRandom random(seed);
  for (int round = 0; round < 12; ++round) {
    const Advice advice = strategy.advise(pool);
    expect_executable(pool, advice);
    carry_out(pool, advice);
    redraw(pool, random);
  }
}

// What it learns may let it empty one node more, late. But it takes nothing back.
RC_GTEST_PROP(Balanced, NeverMovesBackAndForthOnASteadyPool, (std::uint64_t seed)) {
  Pool pool = random_pool(seed);
  Balanced strategy(settings());
  for (int round = 0; round < 30; ++round) carry_out(pool, strategy.advise(pool));
  std::vector<int> moves(pool.vms.size(), 0);
  for (int round = 0; round < 100; ++round) {
    const Advice advice = strategy.advise(pool);
    for (const auto& move : advice.moves) RC_ASSERT(++moves[static_cast<std::size_t>(move.vm)] <= 3);
    carry_out(pool, advice);
  }
}

RC_GTEST_PROP(Balanced, SaysTheSameOfTheSame, (std::uint64_t seed)) {
  const Pool pool = random_pool(seed);
  Balanced one(settings());
  Balanced other(settings());
  const Advice a = one.advise(pool);
  const Advice b = other.advise(pool);
  RC_ASSERT(a.notes == b.notes);
  RC_ASSERT(a.moves.size() == b.moves.size());
  for (std::size_t i = 0; i < a.moves.size(); ++i)
    RC_ASSERT(a.moves[i].vm == b.moves[i].vm && a.moves[i].target == b.moves[i].target);
}

// By which targets are told apart cheaply: a bound that is too high would hide the best of them, one that is far too low would tell
// nothing.
RC_GTEST_PROP(BalancedProperty, TheLeastRiseOfARiskIsNoMoreThanTheRiseAndCloseToASmallOne, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint32_t>();
  SeededRandom random(seed);
  Pool pool = random_pool(seed);
  DemandHistory history;
  for (int round = 0; round < 5; ++round) {
    history.observe(pool);
    redraw(pool, random);
  }
  const Packing packing(pool, history, 0.85);
  for (int vm = 0; vm < packing.vms(); ++vm) {
    const ByPoint added = packing.added_by(vm);
    for (int node = 0; node < packing.nodes(); ++node) {
      if (node == packing.node_of(vm)) continue;
      const double rise = packing.risk_with(node, vm) - packing.risk(node);
      const double least = packing.least_rise(node, added);
      RC_ASSERT(least <= rise);
      if (rise > 1e-9 && rise < packing.risk(node) / 10 && packing.risk(node) < 0.4) RC_ASSERT(least > 0.95 * rise);
    }
  }
}

}  // namespace
}  // namespace drover
