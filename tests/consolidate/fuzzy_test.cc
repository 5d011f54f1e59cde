#include "consolidate/fuzzy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "consolidate/pools.h"

namespace drover {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr auto kActive = NodeLife::Active;

ConsolidationSettings settings() {
  ConsolidationSettings s;
  s.strategy = ConsolidationStrategy::Fuzzy;
  s.overload = 0.8;
  s.low_load = 0.3;
  s.reserve_nodes = 0;
  s.power_down.after = Duration{0};
  return s;
}

Advice advise(const Pool& pool, const ConsolidationSettings& with = settings()) {
  return Fuzzy(with).advise(pool);
}

TEST(Fuzzy, ANodeIsOverloadedByItsCpu) {
  PoolMaker maker{kActive, kActive};
  const int large = maker.vm(0, 6);
  maker.vm(0, 2);
  maker.vm(1, 5);
  EXPECT_THAT(advise(maker.pool).moves, IsEmpty());  // 80 % is not above 80 %
  maker.at(large).demand.cpu = 7;
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(moves(maker.pool, advice), ElementsAre("vm101>n1"));
  EXPECT_TRUE(advice.moves[0].relief);
}

TEST(Fuzzy, ANodeIsOverloadedByItsMemoryAlone) {
  PoolMaker maker{kActive, kActive};
  maker.vm(0, 1, 70);
  maker.vm(0, 1, 15);
  maker.vm(1, 5);
  EXPECT_THAT(moves(maker.pool, advise(maker.pool)), ElementsAre("vm101>n1"));
}

TEST(Fuzzy, APoolThatIsAskedForNearlyAllThatItHasIsLeftAsItIs) {
  PoolMaker maker{kActive, kActive};
  for (const double cpu : {6.0, 3.0, 1.0}) maker.vm(0, cpu);
  maker.vm(1, 9.5);
  const Advice full = advise(maker.pool);
  EXPECT_THAT(full.moves, IsEmpty());
  EXPECT_THAT(full.notes, Contains(HasSubstr("asked for nearly all")));
}

TEST(Fuzzy, WhatANodeIsAskedForBeyondAllThatItHasDoesNotHideWhereThereIsRoom) {
  PoolMaker maker{kActive, kActive, kActive};
  for (const int node : {0, 1}) {
    for (int i = 0; i < 6; ++i) maker.vm(node, 2);
  }
  maker.vm(2, 5);
  EXPECT_THAT(advise(maker.pool).moves, Not(IsEmpty()));
}

TEST(Fuzzy, TheSmallestWorkloadThatCuresTheOverloadLeaves) {
  PoolMaker maker{kActive, kActive};
  for (const double cpu : {5.0, 1.5, 0.5, 2.0}) maker.vm(0, cpu);  // 90 %: 1.0 too much
  maker.vm(1, 3);
  EXPECT_THAT(moves(maker.pool, advise(maker.pool)), ElementsAre("vm101>n1"));
}

TEST(Fuzzy, OfWorkloadsAlikeTheOneWithFewestBytesLeaves) {
  PoolMaker maker{kActive, kActive};
  for (const double memory : {20, 5, 10}) maker.vm(0, 3, memory);
  maker.vm(1, 3);
  EXPECT_THAT(moves(maker.pool, advise(maker.pool)), ElementsAre("vm101>n1"));
}

TEST(Fuzzy, WhenNoneCuresAloneTheLargestLeavesFirst) {
  PoolMaker maker{kActive, kActive};
  for (const double cpu : {1.0, 1.2, 1.1}) maker.vm(0, cpu);
  maker.at(maker.vm(0, 6.9)).movable = false;  // 102 %: 2.2 too much
  maker.vm(1, 3);
  EXPECT_THAT(moves(maker.pool, advise(maker.pool)), ElementsAre("vm101>n1", "vm100>n1"));
}

TEST(Fuzzy, TheTargetIsTheLeastLoadedNodeWithSufficientRoom) {
  PoolMaker maker{kActive, kActive, kActive, kActive};
  maker.vm(0, 6);
  maker.vm(0, 3);
  maker.vm(1, 5);
  maker.vm(2, 4);
  maker.vm(3, 1, 80);  // little CPU in use, but its memory is full
  EXPECT_THAT(moves(maker.pool, advise(maker.pool)), ElementsAre("vm101>n2"));
}

TEST(Fuzzy, NoMoveOverloadsItsTarget) {
  PoolMaker maker{kActive, kActive};
  maker.vm(0, 6);
  maker.vm(0, 3);
  maker.vm(1, 6);
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(advice.moves, IsEmpty());
  EXPECT_THAT(advice.notes, Contains(HasSubstr("finds no node with room, on or asleep")));
}

TEST(Fuzzy, WithoutATargetANodeIsWokenAndTheWorkloadMovesThereOnceItIsUp) {
  PoolMaker maker{kActive, kActive, NodeLife::Asleep};
  maker.vm(0, 6);
  maker.vm(0, 3);
  maker.vm(1, 6);
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(orders(maker.pool, advice), ElementsAre("Wake n2"));
  EXPECT_THAT(advice.moves, IsEmpty());
  maker.live(2, NodeLife::Waking);
  EXPECT_THAT(advise(maker.pool).orders, IsEmpty());
  maker.live(2, kActive);
  EXPECT_THAT(moves(maker.pool, advise(maker.pool)), ElementsAre("vm101>n2"));
}

TEST(Fuzzy, ANodeOnItsWayOutIsTakenBackBeforeAnyIsWoken) {
  PoolMaker maker{kActive, kActive, NodeLife::Asleep, NodeLife::Empty};
  maker.vm(0, 6);
  maker.vm(0, 3);
  maker.vm(1, 6);
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(orders(maker.pool, advice), ElementsAre("TakeBack n3"));
  EXPECT_THAT(moves(maker.pool, advice), ElementsAre("vm101>n3"));
}

TEST(Fuzzy, AMoveUnderWayIsNotMadeTwice) {
  PoolMaker maker{kActive, kActive};
  maker.vm(0, 6);
  maker.at(maker.vm(0, 3)).moving_to = 1;
  maker.vm(1, 3);
  EXPECT_THAT(advise(maker.pool).moves, IsEmpty());
}

TEST(Fuzzy, UnderLoadIsJudgedByTheAverageOfThePool) {
  PoolMaker maker{kActive, kActive};
  maker.vm(0, 1);
  const int large = maker.vm(1, 6);
  EXPECT_THAT(advise(maker.pool).orders, IsEmpty());  // n0 is at 10 %, the pool at 35 %
  maker.at(large).demand.cpu = 4;
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(orders(maker.pool, advice), ElementsAre("Retire n0"));
  EXPECT_THAT(moves(maker.pool, advice), ElementsAre("vm100>n1"));
  EXPECT_FALSE(advice.moves[0].relief);
}

TEST(Fuzzy, UnderLoadNeedsCpuAndMemoryBothLow) {
  PoolMaker maker{kActive, kActive};
  maker.vm(0, 1, 20);
  maker.vm(1, 4, 50);
  EXPECT_THAT(advise(maker.pool).orders, IsEmpty());
}

TEST(Fuzzy, ANodeIsEvacuatedWholeOrNotAtAll) {
  PoolMaker maker{kActive, kActive, kActive};
  const int bound = maker.vm(0, 0.5);
  maker.vm(0, 1.5);
  maker.vm(1, 3);
  maker.vm(2, 3);
  maker.pool.may_run = [&](int vm, int node) { return vm != bound || node == 0; };
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(orders(maker.pool, advice), ElementsAre("Retire n1"));  // the next
  EXPECT_THAT(moves(maker.pool, advice), ElementsAre("vm102>n0"));
  EXPECT_THAT(advice.notes, Contains(HasSubstr("node n0 is the least loaded, but VM ns/vm100 finds no target")));
}

TEST(Fuzzy, AVmThatMustNotMoveNowStopsTheEvacuation) {
  PoolMaker maker{kActive, kActive};
  maker.at(maker.vm(0, 1)).movable_now = false;
  maker.at(maker.vm(1, 3)).movable_now = false;
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(advice.orders, IsEmpty());
  EXPECT_THAT(advice.notes, Contains(HasSubstr("VM ns/vm100 can't be moved now")));
}

TEST(Fuzzy, UnderLoadNeverWakesANode) {
  PoolMaker maker{kActive, NodeLife::Asleep};
  maker.vm(0, 1);
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(advice.orders, IsEmpty());
  EXPECT_THAT(advice.moves, IsEmpty());
}

TEST(Fuzzy, NothingIsEvacuatedWhileAnOverloadedNodeIsHelped) {
  PoolMaker maker{kActive, kActive, kActive, kActive};
  maker.vm(0, 5);
  maker.vm(0, 4);
  maker.vm(1, 1);
  maker.vm(2, 1);
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(advice.orders, Not(Contains(Field(&NodeOrder::reason, HasSubstr("under-loaded")))));
  ASSERT_THAT(advice.moves, SizeIs(1));
  EXPECT_TRUE(advice.moves[0].relief);
}

TEST(Fuzzy, ANodeThatCanNotBeHelpedStopsNobody) {
  PoolMaker maker{kActive, kActive, kActive, kActive};
  maker.at(maker.vm(0, 9)).movable = false;
  maker.vm(1, 1);
  maker.vm(2, 1);
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(advice.notes, Contains(HasSubstr("Node n0 is overloaded, and none of its VMs can be moved now")));
  EXPECT_THAT(moves(maker.pool, advice), SizeIs(1));
}

TEST(Fuzzy, ALongEvacuationGoesOnInTheNextRound) {
  PoolMaker maker{kActive, kActive};
  for (int i = 0; i < 3; ++i) maker.vm(0, 0.5);
  maker.vm(1, 3);
  auto bounded = settings();
  bounded.max_moves = 2;
  EXPECT_THAT(moves(maker.pool, advise(maker.pool, bounded)), ElementsAre("vm100>n1", "vm101>n1"));
  maker.live(0, NodeLife::Retiring);
  maker.at(0).node = maker.at(1).node = 1;
  EXPECT_THAT(moves(maker.pool, advise(maker.pool, bounded)), ElementsAre("vm102>n1"));
}

TEST(Fuzzy, AnEvacuationThatCanNotBeEndedIsUndone) {
  PoolMaker maker{NodeLife::Retiring, kActive};
  maker.vm(0, 2);
  maker.vm(1, 7);
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(orders(maker.pool, advice), ElementsAre("TakeBack n0"));
  EXPECT_EQ(advice.orders[0].reason, "its evacuation is stopped: VM ns/vm100 finds no target");
}

TEST(Fuzzy, AVmThatWaitsHasARetiringNodeTakenBackBeforeOneIsWoken) {
  PoolMaker maker{NodeLife::Asleep, NodeLife::Retiring};
  maker.vm(1, 2);
  maker.vm(-1, 2);
  EXPECT_THAT(orders(maker.pool, advise(maker.pool)), ElementsAre("TakeBack n1"));
}

TEST(Fuzzy, PlacesAnArrivalOnTheLeastLoadedNode) {
  PoolMaker maker{kActive, kActive, NodeLife::Retiring};
  maker.vm(0, 5);
  maker.vm(1, 4);
  const int vm = maker.vm(-1, 1);
  EXPECT_EQ(Fuzzy(settings()).place(maker.pool, vm), 1);
  maker.at(vm).demand.cpu = 7;
  EXPECT_EQ(Fuzzy(settings()).place(maker.pool, vm), 2);
}

TEST(Fuzzy, TellsWhichRulesFiredAndHowStrongly) {
  PoolMaker maker{kActive, kActive};
  maker.vm(0, 6.5, 10);
  maker.vm(0, 2.5, 10);  // 1.0 too much, of which it takes off 250 %
  maker.vm(1, 2.5);
  const Advice advice = advise(maker.pool);
  ASSERT_EQ(advice.moves.size(), 1U);
  EXPECT_EQ(
      advice.moves[0].reason,
      "node n0 is overloaded (CPU 90 %, memory 20 %, threshold 80 %); of its VMs this one is the fittest to leave (46 of 100: "
      "0.75: if relief is more and copy is large then fitness is fair; 0.25: if relief is far and copy is large then fitness is "
      "bearable)");
  EXPECT_THAT(advice.notes,
              Contains(HasSubstr("the target is the least loaded (23 of 100: 0.49: if cpu is low and memory is low")));
}

TEST(Fuzzy, GivesTheSameAdviceForTheSamePoolsAndNoMoveOverloadsANode) {
  std::size_t moved = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SeededRandom random(seed);
    PoolMaker maker{kActive, kActive, kActive, kActive, NodeLife::Asleep};
    const auto vms = random.below(30);
    for (std::size_t i = 0; i < vms; ++i) {
      const auto where = static_cast<int>(random.below(4));
      const double cpu = random.uniform(0, 2);
      maker.vm(where, cpu, random.uniform(1, 10));
    }
    const Advice advice = advise(maker.pool);
    ASSERT_EQ(text(maker.pool, advice), text(maker.pool, advise(maker.pool))) << "seed " << seed;
    std::vector<Amounts> used(maker.pool.nodes.size());
    for (const auto& vm : maker.pool.vms) used.at(static_cast<std::size_t>(vm.node)) += vm.demand;
    for (const auto& move : advice.moves) {
      Amounts& target = used.at(static_cast<std::size_t>(move.target));
      target += maker.at(move.vm).demand;
      ASSERT_LE(target.cpu, 8.001) << "seed " << seed;
      ASSERT_LE(target.memory, 80.001) << "seed " << seed;
      ++moved;
    }
  }
  EXPECT_GT(moved, 50U);
}

}  // namespace
}  // namespace drover
