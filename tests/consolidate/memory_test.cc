// Balanced where memory runs out long before CPU does.
#include <gtest/gtest.h>

#include "balanced_pools.h"
#include "consolidate/balanced.h"

namespace drover {
namespace {

using namespace machines;

int in_use_after(Pool pool, int rounds) {
  Balanced strategy(settings());
  for (int i = 0; i < rounds; ++i) carry_out(pool, strategy.advise(pool));
  return in_life(pool, NodeLife::Active);
}

TEST(BalancedByMemory, FillsHolesThatAVmJustFits) {
  Pool pool;
  for (int n = 0; n < 4; ++n) pool.nodes.push_back(node(n));
  pool.vms = {vm(0, 0, 0.4, 4, 20), vm(1, 0, 0.4, 4, 20), vm(2, 1, 0.1, 4, 20), vm(3, 1, 0.1, 4, 12),
              vm(4, 2, 0.1, 4, 24), vm(5, 3, 0.1, 4, 31)};  // 24 is left on n0, 32 on n1, which wants less CPU
  EXPECT_EQ(in_use_after(pool, 10), 2);
}

TEST(BalancedByMemory, GoesPastNodesWhoseVmsFitNowhere) {
  Pool pool;
  for (int n = 0; n < 6; ++n) pool.nodes.push_back(node(n));
  for (int n = 0; n < 5; ++n) pool.vms.push_back(vm(n, n, 0.1, 4, 40));
  for (int i = 5; i < 8; ++i) pool.vms.push_back(vm(i, 5, 0.1, 4, 9));
  EXPECT_EQ(in_use_after(pool, 10), 5);
}

// As after a restart, when nothing is known of what was to be emptied next.
TEST(BalancedByMemory, MovesNothingOntoANodeThatIsBeingEmptied) {
  Pool pool;
  for (int n = 0; n < 4; ++n) pool.nodes.push_back(node(n));
  pool.nodes[0].life = pool.nodes[1].life = NodeLife::Draining;
  pool.vms = {vm(0, 0, 0.1, 4, 20), vm(1, 0, 0.1, 4, 20), vm(2, 1, 0.1, 4, 20),
              vm(3, 1, 0.1, 4, 19), vm(4, 2, 0.1, 4, 8),  vm(5, 3, 0.1, 4, 8)};
  const Advice advice = Balanced(settings()).advise(pool);
  EXPECT_FALSE(advice.moves.empty());
  for (const Relocation& move : advice.moves) EXPECT_GE(move.target, 2);
}

}  // namespace
}  // namespace drover
