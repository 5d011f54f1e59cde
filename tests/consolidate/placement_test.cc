#include "consolidate/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "base/random.h"
#include "consolidate/pools.h"

namespace drover {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto kActive = NodeLife::Active;

ConsolidationSettings settings() {
  ConsolidationSettings s;
  s.strategy = ConsolidationStrategy::Placement;
  s.overload = 1;
  s.max_moves = 10;
  s.reserve_nodes = 0;
  s.power_down.after = Duration{0};
  return s;
}

// What it advises once it has seen the pool often enough; before each look `change` may set what VMs want.
Advice advise(PoolMaker& maker, const ConsolidationSettings& with = settings(), const std::function<void(int)>& change = {}) {
  Placement strategy(with);
  Advice advice;
  for (int round = 0; round < static_cast<int>(DemandTraces::kEnough); ++round) {
    if (change) change(round);
    advice = strategy.advise(maker.pool);
  }
  return advice;
}

TEST(Placement, PacksOntoTheFewestNodes) {
  PoolMaker maker{kActive, kActive, kActive};
  maker.vm(0, 3);
  maker.vm(1, 3);
  maker.vm(2, 3);
  const Advice advice = advise(maker);
  EXPECT_EQ(advice.moves.size(), 2U);
  EXPECT_EQ(orders(maker.pool, advice).size(), 2U);
  EXPECT_THAT(advice.notes, ElementsAre("placement: 1 of 3 nodes with 2 moves of at most 10; at least 1 are needed (gap 0)"));
}

TEST(Placement, GoesOnEmptyingANodeWhileSomeOfItsVmsAreOnTheirWay) {
  PoolMaker maker{kActive, kActive, kActive};
  for (const int node : {0, 0, 0, 1, 1, 1, 2, 2, 2}) maker.vm(node, 1);
  Placement strategy(settings());
  for (int round = 0; round < static_cast<int>(DemandTraces::kEnough); ++round) (void)strategy.advise(maker.pool);
  maker.live(0, NodeLife::Draining);
  maker.at(0).moving_to = 1;
  const Advice advice = strategy.advise(maker.pool);
  EXPECT_THAT(orders(maker.pool, advice), Not(Contains("TakeBack n0")));
  EXPECT_TRUE(
      std::any_of(advice.moves.begin(), advice.moves.end(), [&](const Relocation& move) { return maker.at(move.vm).node == 0; }));
}

TEST(Placement, MakesAtMostTMoves) {
  PoolMaker maker{kActive, kActive, kActive};
  for (const int node : {0, 0, 1, 2, 2, 2}) maker.vm(node, 1);
  auto bounded = settings();
  bounded.max_moves = 1;
  const Advice advice = advise(maker, bounded);
  EXPECT_EQ(advice.moves.size(), 1U);
  EXPECT_THAT(orders(maker.pool, advice), ElementsAre("Retire n1"));
  EXPECT_THAT(advice.notes, ElementsAre("placement: 2 of 3 nodes with 1 moves of at most 1; at least 2 are needed (gap 0)"));
}

TEST(Placement, VmsThatPeakAtDifferentTimesShareANode) {
  PoolMaker maker{kActive, kActive};
  maker.vm(0, 8);
  maker.vm(1, 8);
  const auto together = [&](int) { maker.at(0).demand.cpu = maker.at(1).demand.cpu = 8; };
  EXPECT_THAT(advise(maker, settings(), together).moves, IsEmpty());
  const auto in_turn = [&](int round) {
    maker.at(0).demand.cpu = round % 2 == 0 ? 8 : 2;
    maker.at(1).demand.cpu = round % 2 == 0 ? 2 : 8;
  };
  EXPECT_EQ(advise(maker, settings(), in_turn).moves.size(), 1U);
}

TEST(Placement, MemoryIsAnAttributeLikeCpu) {
  PoolMaker maker{kActive, kActive};
  maker.vm(0, 1, 60);
  maker.vm(1, 1, 60);
  EXPECT_THAT(advise(maker).moves, IsEmpty());
}

TEST(Placement, AVmNotSeenLongEnoughKeepsRoomForAllItCanUse) {
  PoolMaker maker{kActive, kActive};
  maker.at(maker.vm(0, 1)).most.cpu = 9;
  maker.at(maker.vm(1, 1)).most.cpu = 9;
  Placement strategy(settings());
  EXPECT_THAT(strategy.advise(maker.pool).moves, IsEmpty());
}

TEST(Placement, ANodeOfMoreVmsThanARoundMovesIsEmptiedInSeveral) {
  PoolMaker maker{kActive, kActive};
  for (int i = 0; i < 5; ++i) maker.vm(0, 0.5);
  for (int i = 0; i < 4; ++i) maker.vm(1, 0.5);
  auto bounded = settings();
  bounded.max_moves = 3;
  const Advice advice = advise(maker, bounded);
  EXPECT_EQ(advice.moves.size(), 3U);
  EXPECT_THAT(orders(maker.pool, advice), ElementsAre("Retire n1"));
  for (const auto& move : advice.moves) maker.at(move.vm).node = move.target;
  maker.live(1, NodeLife::Retiring);
  const Advice next = advise(maker, bounded);
  EXPECT_EQ(next.moves.size(), 1U);
  EXPECT_TRUE(next.orders.empty());
}

TEST(Placement, ANodeThatCanNotBeHelpedStopsNobody) {
  PoolMaker maker{kActive, kActive, kActive};
  maker.at(maker.vm(0, 10.5)).movable = false;
  maker.vm(1, 1);
  maker.vm(2, 1);
  const Advice advice = advise(maker);
  EXPECT_EQ(advice.moves.size(), 1U);
  EXPECT_EQ(orders(maker.pool, advice).size(), 1U);
}

TEST(Placement, AnOverloadedNodeIsCuredWithTheFewestMoves) {
  PoolMaker maker{kActive, kActive};
  for (const double cpu : {5.0, 3.0, 2.5, 1.0}) maker.vm(0, cpu);  // 11.5 of 10
  maker.vm(1, 5);
  const Advice advice = advise(maker);
  EXPECT_THAT(moves(maker.pool, advice), ElementsAre("vm102>n1"));
  EXPECT_TRUE(advice.moves[0].relief);
}

TEST(Placement, ANodeIsTakenBackOrWokenForAnOverloadWithoutATarget) {
  PoolMaker maker{kActive, kActive, NodeLife::Asleep, NodeLife::Empty};
  maker.vm(0, 8);
  maker.vm(0, 4);
  maker.vm(1, 8);
  const Advice advice = advise(maker);
  EXPECT_THAT(orders(maker.pool, advice), ElementsAre("TakeBack n3"));
  EXPECT_THAT(moves(maker.pool, advice), ElementsAre("vm101>n3"));
  maker.live(3, NodeLife::PoweringOff);
  EXPECT_THAT(orders(maker.pool, advise(maker)), ElementsAre("Wake n2"));
  maker.live(2, NodeLife::Waking);
  EXPECT_THAT(advise(maker).orders, IsEmpty());
}

TEST(Placement, LevelsLoadsWhereNoNodeCanBeSaved) {
  PoolMaker maker{kActive, kActive};
  for (int i = 0; i < 3; ++i) maker.vm(0, 3);
  maker.vm(1, 3);
  const Advice advice = advise(maker);
  EXPECT_THAT(orders(maker.pool, advice), IsEmpty());
  EXPECT_THAT(moves(maker.pool, advice), ElementsAre("vm100>n1"));
  EXPECT_EQ(advice.moves[0].reason, "nodes n0 (90 %) and n1 (30 %) are levelled");
  maker.at(0).node = 1;
  EXPECT_THAT(advise(maker).moves, IsEmpty());
}

TEST(Placement, LeavesWhatMayNotMoveAndTheNodesThatMustStayOn) {
  PoolMaker maker{kActive, kActive, kActive};
  maker.at(maker.vm(0, 3)).movable = false;
  maker.at(maker.vm(1, 3)).movable_now = false;
  maker.vm(2, 3);
  maker.pool.nodes[2].keeps_on = "it runs the control plane";
  EXPECT_THAT(advise(maker).moves, IsEmpty());
}

TEST(Placement, ARetiringNodeThatIsNeededAfterAllIsTakenBack) {
  PoolMaker maker{NodeLife::Retiring, kActive};
  maker.vm(0, 6);
  maker.vm(1, 6);
  EXPECT_THAT(orders(maker.pool, advise(maker)), ElementsAre("TakeBack n0"));
}

TEST(Placement, PlacesAnArrivalWhereItLeavesLeastRoom) {
  PoolMaker maker{kActive, kActive, NodeLife::Retiring};
  maker.vm(0, 5);
  maker.vm(1, 7);
  const int vm = maker.vm(-1, 3);
  Placement strategy(settings());
  EXPECT_EQ(strategy.place(maker.pool, vm), 1);
  maker.at(vm).most.cpu = maker.at(vm).demand.cpu = 9;
  EXPECT_EQ(strategy.place(maker.pool, vm), 2);
}

// After each advice no node is above what it has, by the peak of what was seen, and no move goes to a node that is not Active.
TEST(Placement, EveryPlanHoldsByThePeaksSeenAndIsTheSameForTheSamePools) {
  std::size_t moved = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom random(seed);
    PoolMaker maker{kActive, kActive, kActive, kActive, kActive, kActive};
    for (int i = 0; i < 18; ++i) maker.vm(i % 6, 3);
    Placement one(settings());
    Placement other(settings());
    std::vector<std::vector<double>> seen(maker.pool.vms.size());
    for (int round = 0; round < 20; ++round) {
      for (std::size_t v = 0; v < seen.size(); ++v) seen[v].push_back(maker.pool.vms[v].demand.cpu = random.uniform(0, 3));
      const Advice advice = one.advise(maker.pool);
      ASSERT_EQ(text(maker.pool, advice), text(maker.pool, other.advise(maker.pool))) << "seed " << seed;
      for (const auto& order : advice.orders) {
        maker.live(order.node, order.act == NodeOrder::Act::Retire ? NodeLife::Retiring : kActive);
      }
      std::set<int> targets;
      for (const auto& move : advice.moves) {
        ASSERT_EQ(maker.pool.nodes.at(static_cast<std::size_t>(move.target)).life, kActive) << "seed " << seed;
        maker.at(move.vm).node = move.target;
        targets.insert(move.target);
        ++moved;
      }
      for (const int target : targets) {
        for (int i = 0; i <= round; ++i) {
          double sum = 0;
          for (std::size_t v = 0; v < seen.size(); ++v)
            sum += maker.pool.vms[v].node == target ? seen[v][static_cast<std::size_t>(i)] : 0;
          ASSERT_LE(sum, 10.0001) << "seed " << seed << " round " << round;
        }
      }
    }
  }
  EXPECT_GT(moved, 100U);
}

}  // namespace
}  // namespace drover
