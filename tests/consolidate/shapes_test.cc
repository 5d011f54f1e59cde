// How much of what could be saved the strategies save, over shapes of pools: VMs a node, nodes, watts.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

#include "balanced_pools.h"
#include "consolidate/strategy.h"

namespace drover {
namespace {

using namespace machines;

struct Shape {
  int nodes;
  int vms_per_node;
  double idle_watts;
};

// Every VM wants the same all the time, and all of them together a fifth of what the nodes have.
Pool steady_pool(const Shape& shape) {
  constexpr double kWanted = 0.2;
  Pool pool;
  pool.now = Instant{hours{1'000'000}};
  pool.sample_age = seconds{10};
  for (int n = 0; n < shape.nodes; ++n) {
    PoolNode made = node(n, 16, 1024);
    made.power.watts = PowerModel::table(PowerModel::Curve::Linear, shape.idle_watts, 2 * shape.idle_watts);
    made.power.standby_watts = shape.idle_watts / 20;
    made.power.boot_joules = shape.idle_watts * 180;
    made.power.shutdown_joules = shape.idle_watts * 30;
    pool.nodes.push_back(std::move(made));
    for (int i = 0; i < shape.vms_per_node; ++i)
      pool.vms.push_back(vm(n * shape.vms_per_node + i, n, 16 * kWanted / shape.vms_per_node, 16.0 / shape.vms_per_node, 1));
  }
  return pool;
}

// Nodes that need not be on, with one in reserve, where what is wanted fills the others as far as the settings let it.
int spared_at_most(const Pool& pool, const ConsolidationSettings& s) {
  double wanted = 0;
  for (const PoolVm& v : pool.vms) wanted += v.demand.cpu;
  const int needed = static_cast<int>(std::ceil(wanted / (16 * s.overload) - 1e-9)) + static_cast<int>(s.reserve_nodes);
  return std::max(0, static_cast<int>(pool.nodes.size()) - needed);
}

class Shapes : public ::testing::TestWithParam<ConsolidationStrategy> {};

TEST_P(Shapes, NineTenthsOfTheNodesThatNeedNotBeOnSleepAfterADay) {
  ConsolidationSettings s = settings();
  s.strategy = GetParam();
  s.reserve_nodes = 1;
  s.max_moves = 10;
  for (const int nodes : {2, 8, 30}) {
    for (const int vms : {3, 10, 11, 22, 40, 100}) {
      for (const double watts : {5.0, 40.0, 500.0}) {
        if (nodes * vms > 1000) continue;
        const Shape shape{nodes, vms, watts};
        Pool pool = steady_pool(shape);
        const auto strategy = make_strategy(s);
        for (int round = 0; round < 288; ++round) carry_out(pool, strategy->advise(pool));
        EXPECT_GE(in_life(pool, NodeLife::Asleep), static_cast<int>(0.9 * spared_at_most(pool, s)))
            << nodes << " nodes of " << vms << " VMs and " << watts << " W";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Shapes, ::testing::Values(ConsolidationStrategy::Balanced, ConsolidationStrategy::Placement),
                         [](const auto& strategy) { return std::string(to_string(strategy.param)); });

}  // namespace
}  // namespace drover
