// A strategy whose advice nobody waits for any more does not go on looking for moves.
#include <gtest/gtest.h>

#include <string>

#include "consolidate/guard.h"
#include "consolidate/pools.h"

namespace drover {
namespace {

// n0 is overloaded, and n2 has been retiring for a day: each strategy has something to do.
Pool busy() {
  PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Retiring};
  for (int i = 0; i < 3; ++i) maker.vm(0, 4);
  maker.vm(1, 1);
  maker.vm(2, 1);
  maker.pool.now = at_second(86'400);
  return maker.pool;
}

class Stopped : public ::testing::TestWithParam<ConsolidationStrategy> {
 protected:
  static std::size_t moves_of(const Pool& pool) {
    ConsolidationSettings settings;
    settings.strategy = GetParam();
    settings.overload = 0.9;
    return make_strategy(settings)->advise(pool).moves.size();
  }
};

TEST_P(Stopped, LooksForNoMoves) {
  Pool pool = busy();
  EXPECT_GT(moves_of(pool), 0U);
  pool.stopped = [] { return false; };
  EXPECT_GT(moves_of(pool), 0U);
  pool.stopped = [] { return true; };
  EXPECT_EQ(moves_of(pool), 0U);
}

// What holds for every strategy looks for moves of its own.
TEST_P(Stopped, LooksForNoMovesThatServeMoreEither) {
  PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Active};
  for (int i = 0; i < 6; ++i) maker.vm(0, 2);
  for (int i = 0; i < 2; ++i) maker.vm(1, 2);
  const auto moves = [&](bool stopped) {
    ConsolidationSettings settings;
    settings.strategy = GetParam();
    const auto guarded = make_guarded(settings);
    Advice advice;
    for (int round = 0; round < 5; ++round) {
      maker.pool.stopped = [stopped, round] { return stopped && round == 4; };
      maker.pool.now += minutes{5};
      advice = guarded->advise(maker.pool);
    }
    return advice.moves.size();
  };
  EXPECT_GT(moves(false), 0U);
  EXPECT_EQ(moves(true), 0U);
}

INSTANTIATE_TEST_SUITE_P(EachStrategy, Stopped,
                         ::testing::Values(ConsolidationStrategy::Balanced, ConsolidationStrategy::DynamicRoundRobin,
                                           ConsolidationStrategy::Fuzzy, ConsolidationStrategy::Placement),
                         [](const auto& one) { return std::string(to_string(one.param)); });

}  // namespace
}  // namespace drover
