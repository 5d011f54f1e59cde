// A node runs so many pods and no more: what finds no place there is planned elsewhere from the start.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "consolidate/guard.h"
#include "consolidate/pools.h"

namespace drover {
namespace {

constexpr int kPlaces = 5;

// Twelve small VMs on four nodes, of which three hold them; by CPU and memory one would.
PoolMaker small_vms() {
  PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Active, NodeLife::Active};
  for (PoolNode& node : maker.pool.nodes) node.most_vms = kPlaces;
  for (int i = 0; i < 12; ++i) maker.vm(i % 4, 0.2);
  return maker;
}

std::vector<int> vms_on(const Pool& pool) {
  std::vector<int> counts(pool.nodes.size());
  for (const PoolVm& vm : pool.vms) ++counts.at(static_cast<std::size_t>(vm.node));
  return counts;
}

class Places : public ::testing::TestWithParam<ConsolidationStrategy> {};

TEST_P(Places, BindLikeCpuAndMemory) {
  PoolMaker maker = small_vms();
  ConsolidationSettings settings;
  settings.strategy = GetParam();
  settings.reserve_nodes = 0;
  const auto strategy = make_guarded(settings);
  for (int round = 0; round < 40; ++round) {
    maker.pool.now += minutes{5};
    const Advice advice = strategy->advise(maker.pool);
    for (const NodeOrder& order : advice.orders) {
      if (order.act == NodeOrder::Act::Retire) maker.live(order.node, NodeLife::Retiring);
      if (order.act == NodeOrder::Act::TakeBack) maker.live(order.node, NodeLife::Active);
    }
    std::vector<int> most = vms_on(maker.pool);  // VMs stay on their source until they have arrived
    for (const Relocation& move : advice.moves) ++most.at(static_cast<std::size_t>(move.target));
    EXPECT_LE(*std::max_element(most.begin(), most.end()), kPlaces) << text(maker.pool, advice);
    for (const Relocation& move : advice.moves) maker.at(move.vm).node = move.target;
  }
  if (GetParam() == ConsolidationStrategy::DynamicRoundRobin) return;  // retires a node when one of its VMs has ended
  const std::vector<int> left = vms_on(maker.pool);
  EXPECT_EQ(std::count(left.begin(), left.end(), 0), 1);
}

// A node that may run hardly any more, and large VMs beside small ones: neither changes what the others hold.
TEST_P(Places, OfOneNodeBindNoOther) {
  const auto nodes_used = [](std::int64_t places_of_last) {
    PoolMaker maker{NodeLife::Active, NodeLife::Active, NodeLife::Active, NodeLife::Active, NodeLife::Active};
    for (PoolNode& node : maker.pool.nodes) node.most_vms = 40;
    maker.pool.nodes.back().most_vms = places_of_last;
    for (int i = 0; i < 40; ++i) maker.vm(i % 4, 0.1, i < 4 ? 20 : 1);
    maker.vm(4, 0.1);
    ConsolidationSettings settings;
    settings.strategy = GetParam();
    settings.reserve_nodes = 0;
    const auto strategy = make_guarded(settings);
    for (int round = 0; round < 60; ++round) {
      maker.pool.now += minutes{5};
      for (const Relocation& move : strategy->advise(maker.pool).moves) maker.at(move.vm).node = move.target;
    }
    const std::vector<int> left = vms_on(maker.pool);
    return std::count_if(left.begin(), left.end(), [](int vms) { return vms > 0; });
  };
  EXPECT_LE(nodes_used(1), nodes_used(40) + 1);
}

INSTANTIATE_TEST_SUITE_P(Of, Places,
                         ::testing::Values(ConsolidationStrategy::Balanced, ConsolidationStrategy::Fuzzy,
                                           ConsolidationStrategy::Placement, ConsolidationStrategy::DynamicRoundRobin),
                         [](const auto& of) { return std::string(to_string(of.param)); });

}  // namespace
}  // namespace drover
