// A guarded strategy packs only where the pool has room for it, takes nodes back where it has not, and makes no move in vain.
#include "consolidate/guard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "pools.h"

namespace drover {
namespace {

using Act = NodeOrder::Act;

ConsolidationSettings settings_of(ConsolidationStrategy strategy) {
  ConsolidationSettings made;
  made.strategy = strategy;
  made.power_down = {.enabled = true, .after = minutes{10}};
  return made;
}

// Shown `rounds` times, five minutes apart; the last advice.
Advice advised(Strategy& strategy, Pool& pool, int rounds) {
  Advice advice;
  for (int i = 0; i < rounds; ++i) {
    pool.now += minutes{5};
    advice = strategy.advise(pool);
  }
  return advice;
}

bool orders_any(const Advice& advice, Act act) {
  return std::any_of(advice.orders.begin(), advice.orders.end(), [&](const NodeOrder& order) { return order.act == act; });
}

class AnyStrategy : public testing::TestWithParam<ConsolidationStrategy> {};

TEST_P(AnyStrategy, EmptiesNoNodeThatWouldOnlyBeTheReserve) {
  PoolMaker maker{NodeLife::Active, NodeLife::Active};
  for (const int node : {0, 0, 1, 1}) maker.vm(node, 0.5);
  const auto guarded = make_guarded(settings_of(GetParam()));
  const Advice advice = advised(*guarded, maker.pool, 12);
  EXPECT_TRUE(advice.orders.empty() && advice.moves.empty()) << text(maker.pool, advice);
}

TEST_P(AnyStrategy, MovesNoVmFromAFrugalNodeToAHungryOne) {
  PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Active, NodeLife::Active};
  for (const int frugal : {0, 1}) {
    PowerModel& power = maker.pool.nodes[static_cast<std::size_t>(frugal)].power;
    power.watts = PowerModel::table(PowerModel::Curve::Linear, 8, 16);
    power.standby_watts = 0.4;
  }
  for (const int hungry : {2, 3}) {
    PowerModel& power = maker.pool.nodes[static_cast<std::size_t>(hungry)].power;
    power.watts = PowerModel::table(PowerModel::Curve::Linear, 250, 500);
    power.standby_watts = 12;
  }
  for (const int node : {0, 1, 2}) maker.vm(node, 1);  // 25 W there, where all of a frugal node saves 9
  const auto guarded = make_guarded(settings_of(GetParam()));
  const Advice advice = advised(*guarded, maker.pool, 12);
  for (const Relocation& move : advice.moves) {
    const int from = maker.pool.vms[static_cast<std::size_t>(move.vm)].node;
    EXPECT_FALSE(from < 2 && move.target >= 2) << text(maker.pool, advice);
  }
}

TEST_P(AnyStrategy, TakesANodeBackAndFillsItWhereThoseInUseLeaveCpuUnserved) {
  PoolMaker maker{NodeLife::Active, NodeLife::Empty};
  for (int i = 0; i < 6; ++i) maker.vm(0, 2);
  const auto guarded = make_guarded(settings_of(GetParam()));
  const Advice advice = advised(*guarded, maker.pool, 5);
  EXPECT_TRUE(orders_any(advice, Act::TakeBack)) << text(maker.pool, advice);
  EXPECT_FALSE(advice.moves.empty()) << text(maker.pool, advice);
}

TEST_P(AnyStrategy, WakesANodeWhereThoseInUseLeaveCpuUnservedAndNoneIsOn) {
  PoolMaker maker{NodeLife::Active, NodeLife::Asleep};
  for (int i = 0; i < 6; ++i) maker.vm(0, 2);
  const auto guarded = make_guarded(settings_of(GetParam()));
  const Advice advice = advised(*guarded, maker.pool, 5);
  EXPECT_TRUE(orders_any(advice, Act::Wake)) << text(maker.pool, advice);
}

TEST_P(AnyStrategy, MovesNothingWhereThePoolIsAskedForMoreThanItHas) {
  PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Active};
  for (int i = 0; i < 6; ++i) maker.vm(0, 2);
  for (int i = 0; i < 5; ++i) maker.vm(1, 2);
  for (int i = 0; i < 5; ++i) maker.vm(2, 2);
  const auto guarded = make_guarded(settings_of(GetParam()));
  const Advice advice = advised(*guarded, maker.pool, 12);
  EXPECT_TRUE(advice.moves.empty()) << text(maker.pool, advice);
}

TEST_P(AnyStrategy, LevelsAFullNodeBesideARoomyOne) {
  PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Active};
  for (int i = 0; i < 6; ++i) maker.vm(0, 2);
  for (int i = 0; i < 2; ++i) maker.vm(1, 2);
  for (int i = 0; i < 4; ++i) maker.vm(2, 2);
  const auto guarded = make_guarded(settings_of(GetParam()));
  const Advice advice = advised(*guarded, maker.pool, 5);
  ASSERT_FALSE(advice.moves.empty()) << text(maker.pool, advice);
  for (const Relocation& move : advice.moves) EXPECT_EQ(maker.at(move.vm).node, 0) << text(maker.pool, advice);
}

TEST_P(AnyStrategy, EmptiesNoNodeWhoseVmsTheOthersHaveNoRoomFor) {
  PoolMaker maker{NodeLife::Retiring, NodeLife::Active, NodeLife::Active, NodeLife::Active};
  for (const int node : {0, 1, 2, 3}) {
    for (int i = 0; i < 3; ++i) maker.vm(node, 2);
  }
  const auto guarded = make_guarded(settings_of(GetParam()));
  const Advice advice = advised(*guarded, maker.pool, 5);
  EXPECT_FALSE(orders_any(advice, Act::Retire)) << text(maker.pool, advice);
  EXPECT_TRUE(std::none_of(advice.moves.begin(), advice.moves.end(), [](const Relocation& move) { return !move.relief; }))
      << text(maker.pool, advice);
}

TEST_P(AnyStrategy, TakesOneNodeBackForThoseThatCanBeHelpedHoweverManyCannot) {
  PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Active, NodeLife::Active,
                  NodeLife::Empty,  NodeLife::Empty,  NodeLife::Empty,  NodeLife::Empty};
  for (const int node : {0, 1, 2}) {
    for (int i = 0; i < 6; ++i) maker.at(maker.vm(node, 2.5)).movable = false;
  }
  for (int i = 0; i < 6; ++i) maker.vm(3, 2);
  for (PoolVm& vm : maker.pool.vms) vm.movable_now = vm.movable;
  const auto guarded = make_guarded(settings_of(GetParam()));
  const Advice advice = advised(*guarded, maker.pool, 5);
  EXPECT_LE(std::count_if(advice.orders.begin(), advice.orders.end(), [](const NodeOrder& o) { return o.act == Act::TakeBack; }), 1)
      << text(maker.pool, advice);
  EXPECT_FALSE(advice.moves.empty()) << text(maker.pool, advice);
}

TEST_P(AnyStrategy, TakesNodesBackAlsoWhereAllOfThemAreNotEnough) {
  PoolMaker maker{NodeLife::Active, NodeLife::Empty};
  for (int i = 0; i < 12; ++i) maker.vm(0, 2);
  const auto guarded = make_guarded(settings_of(GetParam()));
  const Advice advice = advised(*guarded, maker.pool, 12);
  EXPECT_TRUE(orders_any(advice, Act::TakeBack)) << text(maker.pool, advice);
  EXPECT_FALSE(advice.moves.empty()) << text(maker.pool, advice);
}

TEST_P(AnyStrategy, TakesNoNodeBackBecauseItWasRestarted) {
  PoolMaker maker{NodeLife::Draining, NodeLife::Active, NodeLife::Active, NodeLife::Active, NodeLife::Active, NodeLife::Active};
  maker.vm(0, 1);
  for (const int node : {1, 2, 3, 4, 5}) {
    for (int i = 0; i < 7; ++i) maker.vm(node, 1);
  }
  const auto guarded = make_guarded(settings_of(GetParam()));
  const Advice advice = advised(*guarded, maker.pool, 1);
  EXPECT_TRUE(std::none_of(advice.notes.begin(), advice.notes.end(), [](const std::string& note) {
    return note.find("too short a time") != std::string::npos;
  })) << text(maker.pool, advice);
}

// One node may rest, and has to stay on; or the pods leave room for one and no more.
TEST_P(AnyStrategy, EmptiesNoNodeWhereNoMoreThanTheReserveCanRest) {
  auto settings = settings_of(GetParam());
  settings.reserve_nodes = 1;
  const auto packs = [&](int may_rest, std::int64_t places) {
    PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Active, NodeLife::Active};
    maker.pool.may_rest[""] = may_rest;
    for (PoolNode& node : maker.pool.nodes) node.most_vms = places;
    for (int i = 0; i < 12; ++i) maker.vm(i % 4, 0.2);
    const auto guarded = make_guarded(settings);
    return orders_any(advised(*guarded, maker.pool, 20), Act::Retire);
  };
  EXPECT_FALSE(packs(1, 20));
  EXPECT_FALSE(packs(4, 4));
  EXPECT_EQ(packs(4, 20), GetParam() != ConsolidationStrategy::DynamicRoundRobin);  // of which a VM has to end first
}

std::string name_of(const testing::TestParamInfo<ConsolidationStrategy>& info) {
  return std::string(to_string(info.param));
}

INSTANTIATE_TEST_SUITE_P(Strategies, AnyStrategy,
                         testing::Values(ConsolidationStrategy::Balanced, ConsolidationStrategy::Placement,
                                         ConsolidationStrategy::Fuzzy, ConsolidationStrategy::DynamicRoundRobin),
                         name_of);

}  // namespace
}  // namespace drover
