// Missing figures are neither load nor idleness, for every strategy: a node most of whose VMs nobody measures is not relieved, and
// VMs that were seen a few times only are not taken for as busy as they can be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "consolidate/guard.h"
#include "consolidate/pools.h"

namespace drover {
namespace {

class Unmeasured : public testing::TestWithParam<ConsolidationStrategy> {
 protected:
  [[nodiscard]] static ConsolidationSettings with() {
    ConsolidationSettings s;
    s.strategy = GetParam();
    s.reserve_nodes = 0;
    return s;
  }
};

TEST_P(Unmeasured, ANodeIsNotRelievedForWhatItsVmsMightUse) {
  PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Empty, NodeLife::Asleep};
  maker.vm(0, 1);
  for (int i = 0; i < 11; ++i) {
    PoolVm& dark = maker.at(maker.vm(0, 2));
    dark.measured = false;
    dark.movable_now = false;
  }
  for (int i = 0; i < 3; ++i) maker.vm(1, 1);
  maker.pool.nodes[0].measured = false;
  maker.pool.nodes[0].keeps_on = "VM ns/vm101 on it is not measured";
  const auto strategy = make_strategy(with());
  const auto guarded = make_guarded(with());
  for (int round = 0; round < 40; ++round) {
    const Advice advice = (round % 2 == 0 ? strategy : guarded)->advise(maker.pool);
    for (const Relocation& move : advice.moves) EXPECT_NE(maker.at(move.vm).node, 0) << "in round " << round;
    for (const NodeOrder& order : advice.orders) {
      EXPECT_NE(order.act, NodeOrder::Act::TakeBack) << "in round " << round;
      EXPECT_NE(order.act, NodeOrder::Act::Wake) << "in round " << round;
    }
    maker.pool.now += minutes{5};
  }
}

// After a restart. All VMs together could use twice what the nodes have, and want a third of it.
TEST_P(Unmeasured, WhatIsNotYetKnownOverloadsNothing) {
  PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Empty, NodeLife::Asleep};
  for (int i = 0; i < 20; ++i) maker.at(maker.vm(i % 2, 0.33)).most.cpu = 2;
  const auto strategy = make_strategy(with());
  const auto guarded = make_guarded(with());
  for (int round = 0; round < 40; ++round) {
    const Advice advice = (round % 2 == 0 ? strategy : guarded)->advise(maker.pool);
    for (const Relocation& move : advice.moves) EXPECT_FALSE(move.relief) << "in round " << round;
    for (const NodeOrder& order : advice.orders) EXPECT_NE(order.act, NodeOrder::Act::Wake) << "in round " << round;
    maker.pool.now += minutes{5};
  }
}

INSTANTIATE_TEST_SUITE_P(Strategies, Unmeasured,
                         testing::Values(ConsolidationStrategy::Balanced, ConsolidationStrategy::Placement,
                                         ConsolidationStrategy::Fuzzy, ConsolidationStrategy::DynamicRoundRobin),
                         [](const auto& strategy) { return std::string(to_string(strategy.param)); });

}  // namespace
}  // namespace drover
