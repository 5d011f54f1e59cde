// A node runs so many pods and no more: what finds no place there is planned elsewhere from the start.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "consolidate/draft.h"
#include "consolidate/guard.h"
#include "consolidate/pools.h"

namespace drover {
namespace {

std::vector<int> vms_on(const Pool& pool) {
  std::vector<int> counts(pool.nodes.size());
  for (const PoolVm& vm : pool.vms) ++counts.at(static_cast<std::size_t>(vm.node));
  return counts;
}

class Places : public ::testing::TestWithParam<ConsolidationStrategy> {
 protected:
  // Nodes without a VM after so many rounds, whose advice is carried out at once. No node ever holds more VMs than it may, those
  // among them that are on their way there and those that have not left yet.
  static std::ptrdiff_t emptied(PoolMaker& maker, int rounds) {
    ConsolidationSettings settings;
    settings.strategy = GetParam();
    settings.reserve_nodes = 0;
    const auto strategy = make_guarded(settings);
    for (int round = 0; round < rounds; ++round) {
      maker.pool.now += minutes{5};
      const Advice advice = strategy->advise(maker.pool);
      for (const NodeOrder& order : advice.orders) {
        if (order.act == NodeOrder::Act::Retire) maker.live(order.node, NodeLife::Retiring);
        if (order.act == NodeOrder::Act::TakeBack) maker.live(order.node, NodeLife::Active);
      }
      std::vector<int> most = vms_on(maker.pool);
      for (const Relocation& move : advice.moves) ++most.at(static_cast<std::size_t>(move.target));
      for (std::size_t n = 0; n < most.size(); ++n) EXPECT_LE(most[n], maker.pool.nodes[n].most_vms) << text(maker.pool, advice);
      for (const Relocation& move : advice.moves) maker.at(move.vm).node = move.target;
    }
    const std::vector<int> left = vms_on(maker.pool);
    return std::count(left.begin(), left.end(), 0);
  }
};

// Twelve small VMs on four nodes, of which three hold them; by CPU and memory one would.
TEST_P(Places, BindLikeCpuAndMemory) {
  PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Active, NodeLife::Active};
  for (PoolNode& node : maker.pool.nodes) node.most_vms = 5;
  for (int i = 0; i < 12; ++i) maker.vm(i % 4, 0.2);
  const bool waits_for_an_end = GetParam() == ConsolidationStrategy::DynamicRoundRobin;  // of one of a node's VMs
  EXPECT_EQ(emptied(maker, 40), waits_for_an_end ? 0 : 1);
}

// A node that may run hardly any more, and large VMs beside small ones: neither changes what the others hold.
TEST_P(Places, OfOneNodeBindNoOther) {
  const auto emptied_where_the_last_has = [](std::int64_t places) {
    PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Active, NodeLife::Active, NodeLife::Active};
    for (PoolNode& node : maker.pool.nodes) node.most_vms = 40;
    maker.pool.nodes.back().most_vms = places;
    for (int i = 0; i < 40; ++i) maker.vm(i % 4, 0.1, i < 4 ? 20 : 1);
    maker.vm(4, 0.1);
    return emptied(maker, 60);
  };
  EXPECT_GE(emptied_where_the_last_has(1), emptied_where_the_last_has(40) - 1);
}

TEST(PlacesOfADraft, AVmWhoseMoveIsNotOverTakesOneAtItsTarget) {
  PoolMaker maker{NodeLife::Active, NodeLife::Active};
  maker.pool.nodes[0].most_vms = 2;
  maker.at(maker.vm(0, 1)).moving_to = 0;
  const int other = maker.vm(1, 1);
  const Draft draft(maker.pool);
  EXPECT_EQ(draft.count(0), 1);
  EXPECT_TRUE(draft.fits(other, 0, 1));
}

INSTANTIATE_TEST_SUITE_P(Of, Places,
                         ::testing::Values(ConsolidationStrategy::Balanced, ConsolidationStrategy::Fuzzy,
                                           ConsolidationStrategy::Placement, ConsolidationStrategy::DynamicRoundRobin),
                         [](const auto& of) { return std::string(to_string(of.param)); });

}  // namespace
}  // namespace drover
