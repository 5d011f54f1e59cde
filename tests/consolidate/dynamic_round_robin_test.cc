#include "consolidate/dynamic_round_robin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "consolidate/pools.h"

namespace drover {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kActive = NodeLife::Active;
constexpr auto kRetiring = NodeLife::Retiring;

ConsolidationSettings round_robin_settings() {
  ConsolidationSettings s;
  s.strategy = ConsolidationStrategy::DynamicRoundRobin;
  s.retirement_threshold = minutes{5};
  s.reserve_nodes = 0;
  s.power_down.after = Duration{0};
  return s;
}

Advice advise(const Pool& pool) {
  return DynamicRoundRobin(round_robin_settings()).advise(pool);
}

TEST(DynamicRoundRobin, DeploysInTurn) {
  PoolMaker maker{kActive, kActive, kActive};
  DynamicRoundRobin strategy(round_robin_settings());
  std::vector<int> placed;
  for (int i = 0; i < 5; ++i) {
    const int vm = maker.vm(-1, 1);
    maker.at(vm).node = strategy.place(maker.pool, vm);
    placed.push_back(maker.at(vm).node);
  }
  EXPECT_THAT(placed, ElementsAre(0, 1, 2, 0, 1));
}

TEST(DynamicRoundRobin, PassesOverNodesThatRetireOrAreFull) {
  PoolMaker maker{kActive, kRetiring, kActive, kActive};
  maker.vm(2, 9.5);
  DynamicRoundRobin strategy(round_robin_settings());
  const int vm = maker.vm(-1, 1);
  EXPECT_EQ(strategy.place(maker.pool, vm), 0);
  EXPECT_EQ(strategy.place(maker.pool, vm), 3);
  EXPECT_EQ(strategy.place(maker.pool, vm), 0);
}

TEST(DynamicRoundRobin, Rule1RetiresANodeOfWhichAVmEndedWhileOthersRemain) {
  PoolMaker maker{kActive, kActive};
  maker.vm(0, 1);
  const int ending = maker.vm(0, 1);
  maker.vm(1, 1);
  DynamicRoundRobin strategy(round_robin_settings());
  EXPECT_THAT(strategy.advise(maker.pool).orders, IsEmpty());
  maker.end(ending);
  const Advice advice = strategy.advise(maker.pool);
  EXPECT_THAT(orders(maker.pool, advice), ElementsAre("Retire n0"));
  EXPECT_EQ(advice.orders[0].reason, "1 of its VMs ended and 1 remain: it accepts no more (rule 1)");
  EXPECT_THAT(advice.moves, IsEmpty());
}

TEST(DynamicRoundRobin, SaysWhyItRetiresNothingUntilAVmHasEnded) {
  PoolMaker maker{kActive, kActive};
  const int ending = maker.vm(0, 1);
  maker.vm(1, 1);
  DynamicRoundRobin strategy(round_robin_settings());
  EXPECT_THAT(strategy.advise(maker.pool).notes, ElementsAre(HasSubstr("no VM has ended since the first look")));
  EXPECT_THAT(strategy.advise(maker.pool).notes, ElementsAre(HasSubstr("no VM has ended since the first look")));
  maker.end(ending);
  EXPECT_THAT(strategy.advise(maker.pool).notes, IsEmpty());
  EXPECT_THAT(strategy.advise(maker.pool).notes, IsEmpty());
}

TEST(DynamicRoundRobin, AVmThatWasMovedAwayHasNotEnded) {
  PoolMaker maker{kActive, kActive};
  const int moved = maker.vm(0, 1);
  maker.vm(0, 1);
  maker.vm(1, 1);
  DynamicRoundRobin strategy(round_robin_settings());
  EXPECT_THAT(strategy.advise(maker.pool).orders, IsEmpty());
  maker.at(moved).node = 1;
  EXPECT_THAT(strategy.advise(maker.pool).orders, IsEmpty());
}

TEST(DynamicRoundRobin, ANodeThatTheDaysPeakNeedsRetiresOnceThatIsOver) {
  PoolMaker maker{kActive, kActive};
  const int ending = maker.vm(0, 1);
  const int large = maker.vm(0, 8);
  maker.vm(1, 5);
  DynamicRoundRobin strategy(round_robin_settings());
  EXPECT_THAT(strategy.advise(maker.pool).orders, IsEmpty());
  maker.end(ending);
  EXPECT_THAT(strategy.advise(maker.pool).orders, IsEmpty()) << "14 CPUs were wanted, and n1 has 10";
  maker.at(large).demand.cpu = 1;
  maker.pool.now += hours{12};
  EXPECT_THAT(strategy.advise(maker.pool).orders, IsEmpty());
  maker.pool.now += hours{14};
  EXPECT_THAT(orders(maker.pool, strategy.advise(maker.pool)), ElementsAre("Retire n0"));
}

TEST(DynamicRoundRobin, ANodeWhoseLastVmEndedRetiresAndSleepsOnceItIsEmpty) {
  PoolMaker maker{kActive, kActive};
  const int ending = maker.vm(0, 1);
  maker.vm(1, 1);
  DynamicRoundRobin strategy(round_robin_settings());
  EXPECT_THAT(strategy.advise(maker.pool).orders, IsEmpty());
  maker.end(ending);
  EXPECT_THAT(orders(maker.pool, strategy.advise(maker.pool)), ElementsAre("Retire n0"));
  maker.live(0, NodeLife::Empty);
  EXPECT_THAT(orders(maker.pool, strategy.advise(maker.pool)), ElementsAre("Sleep n0"));
}

TEST(DynamicRoundRobin, Rule2MovesTheRestInTurnWhenTheThresholdIsExceeded) {
  PoolMaker maker{kRetiring, kActive, kActive};
  for (const int node : {0, 0, 0, 1, 2}) maker.vm(node, 1);
  DynamicRoundRobin strategy(round_robin_settings());
  maker.pool.now = at_second(300);
  EXPECT_THAT(strategy.advise(maker.pool).moves, IsEmpty());
  maker.pool.now = at_second(301);
  const Advice advice = strategy.advise(maker.pool);
  EXPECT_THAT(moves(maker.pool, advice), ElementsAre("vm100>n1", "vm101>n2", "vm102>n1"));
  EXPECT_EQ(advice.moves[0].reason, "node n0 has been retiring for 5m1s, longer than the threshold of 5m (rule 2)");
}

TEST(DynamicRoundRobin, Rule2MovesNothingOntoNodesThatRetireOrAreFullOrEmpty) {
  PoolMaker maker{kRetiring, kRetiring, kActive, kActive};
  maker.vm(0, 2);
  maker.vm(1, 2);
  maker.vm(2, 9);
  maker.pool.now = at_second(400);
  maker.live(1, kRetiring);
  maker.live(3, kActive);
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(advice.moves, IsEmpty());
  EXPECT_THAT(advice.notes, ElementsAre("No node has room for VM ns/vm100 of the retiring node n0"));
}

TEST(DynamicRoundRobin, Rule2LeavesANodeWithAnImmovableVmToItsEnd) {
  PoolMaker maker{kRetiring, kActive};
  maker.vm(0, 1);
  maker.at(maker.vm(0, 1)).movable = false;
  maker.vm(1, 1);
  maker.pool.now = at_second(1000);
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(advice.moves, IsEmpty());
  EXPECT_THAT(advice.notes, ElementsAre("Node n0 waits for VM ns/vm101 to end, because that can't be moved"));
}

TEST(DynamicRoundRobin, Rule2KeepsToTheMovesOfARoundAndGoesOnInTheNext) {
  PoolMaker maker{kRetiring, kActive};
  for (int i = 0; i < 4; ++i) maker.vm(0, 1);
  maker.vm(1, 1);
  maker.pool.now = at_second(1000);
  auto bounded = round_robin_settings();
  bounded.max_moves = 3;
  DynamicRoundRobin strategy(bounded);
  EXPECT_EQ(strategy.advise(maker.pool).moves.size(), 3U);
  for (int v = 0; v < 3; ++v) maker.at(v).node = 1;
  EXPECT_THAT(moves(maker.pool, strategy.advise(maker.pool)), ElementsAre("vm103>n1"));
}

TEST(DynamicRoundRobin, AVmOnItsWayIsNotMovedAgain) {
  PoolMaker maker{NodeLife::Draining, kActive};
  maker.at(maker.vm(0, 1)).moving_to = 1;
  maker.vm(1, 1);
  EXPECT_THAT(advise(maker.pool).moves, IsEmpty());
}

TEST(DynamicRoundRobin, NeverBlocksAnArrivalWhenAllNodesRetire) {
  PoolMaker maker{kRetiring, kRetiring};
  maker.vm(0, 3);
  maker.vm(1, 2);
  const int vm = maker.vm(-1, 1);
  EXPECT_EQ(DynamicRoundRobin(round_robin_settings()).place(maker.pool, vm), 1);
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(orders(maker.pool, advice), ElementsAre("TakeBack n1"));
  EXPECT_THAT(advice.orders[0].reason, HasSubstr("ns/vm102 waits"));
}

TEST(DynamicRoundRobin, AWaitingVmUndoesTheRetirementOfTheSameRound) {
  PoolMaker maker{kActive};
  maker.vm(0, 1);
  const int ending = maker.vm(0, 1);
  DynamicRoundRobin strategy(round_robin_settings());
  EXPECT_THAT(strategy.advise(maker.pool).orders, IsEmpty());
  maker.end(ending);
  maker.vm(-1, 1);
  EXPECT_THAT(strategy.advise(maker.pool).orders, IsEmpty());
}

TEST(DynamicRoundRobin, TakesARetiringNodeBackBeforeAnEmptyOneAndThatBeforeWakingOne) {
  PoolMaker maker{NodeLife::Asleep, NodeLife::Empty, kRetiring};
  const int there = maker.vm(2, 8);
  maker.vm(-1, 2);
  EXPECT_THAT(orders(maker.pool, advise(maker.pool)), ElementsAre("TakeBack n2", "Sleep n1"));
  maker.at(there).demand.cpu = 9;
  EXPECT_THAT(orders(maker.pool, advise(maker.pool)), ElementsAre("TakeBack n1"));
  maker.live(1, NodeLife::PoweringOff);
  EXPECT_THAT(orders(maker.pool, advise(maker.pool)), ElementsAre("Wake n0"));
  maker.live(0, NodeLife::Waking);
  EXPECT_THAT(advise(maker.pool).orders, IsEmpty());
}

TEST(DynamicRoundRobin, CountsAllThatWaitOnOneNodesRoom) {
  PoolMaker maker{kRetiring, NodeLife::Asleep, NodeLife::Asleep};
  maker.vm(0, 1);
  for (int i = 0; i < 4; ++i) maker.vm(-1, 6);
  const Advice advice = advise(maker.pool);
  EXPECT_THAT(orders(maker.pool, advice), ElementsAre("TakeBack n0", "Wake n1", "Wake n2"));
  EXPECT_THAT(advice.notes, ElementsAre("VM ns/vm104 waits, and no node of the pool has room for it, on or asleep"));
}

TEST(DynamicRoundRobin, NeverRetiresANodeThatMustStayOn) {
  PoolMaker maker{kActive, kActive};
  maker.vm(0, 1);
  const int ending = maker.vm(0, 1);
  maker.vm(1, 1);
  maker.pool.nodes[0].keeps_on = "it runs the control plane";
  DynamicRoundRobin strategy(round_robin_settings());
  EXPECT_THAT(strategy.advise(maker.pool).orders, IsEmpty());
  maker.end(ending);
  const Advice advice = strategy.advise(maker.pool);
  EXPECT_THAT(advice.orders, IsEmpty());
  EXPECT_THAT(advice.notes, ElementsAre("Node n0 does not retire, because it must stay on: it runs the control plane"));
}

TEST(DynamicRoundRobin, KeepsTheReserveOn) {
  PoolMaker maker{kActive, NodeLife::Empty, NodeLife::Empty};
  maker.vm(0, 1);
  auto reserving = round_robin_settings();
  reserving.reserve_nodes = 1;
  EXPECT_THAT(orders(maker.pool, DynamicRoundRobin(reserving).advise(maker.pool)), ElementsAre("Sleep n1"))
      << "n2 is on, and taken back at once";
}

TEST(DynamicRoundRobin, WakesWhatTheReserveLacksAndNoMore) {
  PoolMaker maker{kActive, NodeLife::Asleep, NodeLife::Asleep};
  maker.vm(0, 1);
  auto reserving = round_robin_settings();
  reserving.reserve_nodes = 1;
  EXPECT_THAT(orders(maker.pool, DynamicRoundRobin(reserving).advise(maker.pool)), ElementsAre("Wake n1"));
  maker.live(1, NodeLife::Waking);
  EXPECT_THAT(orders(maker.pool, DynamicRoundRobin(reserving).advise(maker.pool)), IsEmpty());
}

TEST(DynamicRoundRobin, TakesAnEmptyNodeBackThoughAnotherIsWaking) {
  PoolMaker maker{kActive, NodeLife::Waking, NodeLife::Empty};
  maker.vm(0, maker.pool.nodes[0].capacity.cpu);
  maker.vm(-1, 1);
  EXPECT_THAT(orders(maker.pool, DynamicRoundRobin(round_robin_settings()).advise(maker.pool)), ElementsAre("TakeBack n2"));
}

TEST(DynamicRoundRobin, GivesTheSameAdviceForTheSamePoolsAndNeverMovesOntoARetiringNode) {
  std::size_t moved = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    PoolMaker maker{kActive, kActive, kActive, kRetiring, kRetiring, NodeLife::Empty, NodeLife::Asleep};
    for (int i = 0; i < 25; ++i) {
      const auto where = static_cast<int>(random.below(5));
      maker.vm(where, random.uniform(0, 3));
    }
    DynamicRoundRobin one(round_robin_settings());
    DynamicRoundRobin other(round_robin_settings());
    for (int round = 0; round < 5; ++round) {
      const Advice advice = one.advise(maker.pool);
      ASSERT_EQ(text(maker.pool, advice), text(maker.pool, other.advise(maker.pool))) << "seed " << seed;
      for (const auto& order : advice.orders) {
        if (order.act == NodeOrder::Act::Retire) maker.live(order.node, kRetiring);
      }
      for (const auto& move : advice.moves) {
        ASSERT_EQ(maker.pool.nodes.at(static_cast<std::size_t>(move.target)).life, kActive) << "seed " << seed;
        maker.at(move.vm).node = move.target;
        ++moved;
      }
      maker.end(static_cast<int>(random.below(maker.pool.vms.size())));
      maker.pool.now += minutes{3};
    }
  }
  EXPECT_GT(moved, 100U);
}

}  // namespace
}  // namespace drover
