// Never worse than doing nothing. Over made worlds, small and large, slack and overloaded, steady and in bursts, with VMs that come
// and go: against no policy every strategy leaves no more CPU unserved, takes no more energy, and makes no moves that bring
// neither.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "sim/simulation.h"

namespace drover::sim {
namespace {

constexpr double kEnergy = 0.005;        // more of it
constexpr double kUnservedPoints = 0.1;  // more of all CPU that was wanted, in hundredths
constexpr std::size_t kMovesInVain = 5;  // that bring neither energy nor service

// Small ones, since many run: slack, full and overloaded; all that ever failed are among them.
constexpr std::uint64_t kWorlds[] = {1, 5, 6, 8, 10, 13, 14, 15, 16, 19, 20, 22, 23, 24};

// What the VMs of a group want, and how much that is on average.
struct Wish {
  DemandPattern pattern;
  double mean = 0;
};

Wish random_wish(SeededRandom& random) {
  switch (random.below(5)) {
    case 0: {
      const double level = random.uniform(0.1, 0.6);
      return {ConstantDemand{level}, level};
    }
    case 1: {
      const double low = random.uniform(0.02, 0.2);
      const double high = random.uniform(0.3, 0.9);
      return {WalkDemand{.low = low, .high = high, .step = random.uniform(0.03, 0.12)}, (low + high) / 2};
    }
    case 2: {
      const double per_hour = random.uniform(0.3, 2);
      const Duration length = minutes{random.chance(0.5) ? 5 : 20};
      const double busy = per_hour * to_seconds(length) / 3600;
      return {BurstDemand{.low = 0.1, .high = 1, .per_hour = per_hour, .length = length}, 0.1 + 0.9 * busy / (1 + busy)};
    }
    case 3: {
      const double low = random.uniform(0.03, 0.2);
      const double high = random.uniform(0.4, 0.9);
      return {DayDemand{.low = low, .high = high, .peak = hours{8 + random.below(12)}}, (low + high) / 2};
    }
    default: {
      const double high = random.uniform(0.2, 1);
      return {UniformDemand{.low = 0, .high = high}, high / 2};
    }
  }
}

// Every fifth is asked for about all that it has, or more.
Scenario random_scenario(std::uint64_t seed) {
  SeededRandom random(seed);
  Scenario scenario;
  scenario.duration = hours{12};
  scenario.step = minutes{random.chance(0.5) ? 1 : 5};
  NodeGroup nodes;
  nodes.count = 4 + random.below(17);
  nodes.cores = static_cast<double>(8U << random.below(3));
  nodes.pods = 500;
  nodes.link_bytes_per_second = random.chance(0.5) ? 1.25e8 : 1.25e9;
  const double load = seed % 5 == 0 ? random.uniform(0.85, 1.3) : random.uniform(0.15, 0.8);
  const std::size_t groups = 1 + random.below(3);
  double memory = 0;
  for (std::size_t i = 0; i < groups; ++i) {
    const Wish wish = random_wish(random);
    VmGroup vms;
    vms.name = "g" + std::to_string(i);
    vms.vcpus = std::int64_t{1} << random.below(3);
    vms.cpu_request_milli = 50 * vms.vcpus;
    vms.memory_bytes = std::int64_t{1 << random.below(3)} << 30;
    vms.demand = wish.pattern;
    const double wanted = static_cast<double>(nodes.count) * nodes.cores * load / static_cast<double>(groups);
    vms.count = std::max<std::size_t>(1, static_cast<std::size_t>(wanted / (wish.mean * static_cast<double>(vms.vcpus))));
    if (random.chance(0.3)) {
      vms.arrivals_per_hour = static_cast<double>(std::max<std::size_t>(1, vms.count / 10));
      vms.lifetime = hours{5};
    }
    memory += static_cast<double>(vms.count) * static_cast<double>(vms.memory_bytes + vms.memory_overhead_bytes);
    scenario.vms.push_back(std::move(vms));
  }
  nodes.memory_bytes = static_cast<std::int64_t>(2.5 * memory / static_cast<double>(nodes.count)) + (std::int64_t{16} << 30);
  scenario.nodes = {nodes};
  return scenario;
}

// Frugal nodes beside hungry ones, of other watts per CPU: what saves nodes may cost energy.
Scenario mixed_nodes() {
  Scenario scenario;
  scenario.duration = hours{6};
  scenario.step = minutes{5};
  const auto nodes = [](const char* name, double cores, std::int64_t gibibytes, double idle_watts) {
    NodeGroup group;
    group.name = name;
    group.count = 4;
    group.cores = cores;
    group.memory_bytes = gibibytes << 30;
    group.power.watts = PowerModel::table(PowerModel::Curve::Linear, idle_watts, 2 * idle_watts);
    group.power.standby_watts = idle_watts / 20;
    group.power.boot_joules = 180 * idle_watts;
    group.power.shutdown_joules = 30 * idle_watts;
    return group;
  };
  const auto vms = [](const char* name, std::size_t count, std::int64_t vcpus, std::int64_t gibibytes, DemandPattern demand) {
    VmGroup group;
    group.name = name;
    group.count = count;
    group.vcpus = vcpus;
    group.cpu_request_milli = 100 * vcpus;
    group.memory_bytes = (gibibytes << 30) - group.memory_overhead_bytes;
    group.demand = demand;
    return group;
  };
  scenario.nodes = {nodes("frugal", 4, 8, 8), nodes("hungry", 8, 32, 250)};
  scenario.vms = {vms("a", 5, 2, 8, WalkDemand{.low = 0.5, .high = 1, .step = 0.062}),
                  vms("b", 5, 1, 8, DayDemand{.low = 0.05, .high = 0.06, .peak = hours{14}}),
                  vms("c", 18, 2, 2, WalkDemand{.low = 0.2, .high = 0.24, .step = 0.005})};
  return scenario;
}

// Asked for nearly all that it has, by VMs that vary: there is much to level, and little to gain by it.
Scenario busy_pool() {
  Scenario scenario;
  scenario.duration = hours{24};
  scenario.step = minutes{5};
  scenario.nodes.resize(1);
  scenario.nodes[0].count = 10;
  scenario.vms.resize(1);
  scenario.vms[0].count = 90;
  scenario.vms[0].memory_bytes = (std::int64_t{4} << 30) - scenario.vms[0].memory_overhead_bytes;
  scenario.vms[0].demand = WalkDemand{.low = 0.6, .high = 0.95, .step = 0.044};
  return scenario;
}

Policy packing(const Scenario& scenario, ConsolidationStrategy strategy) {
  Policy policy;
  policy.ref = {{"", "pack"}, "uid-pack"};
  policy.generation = 1;
  policy.created = scenario.start;
  policy.spec.mode = PolicyMode::Enforce;
  policy.spec.budgets = {{.migrations = {}, .percent = 10, .window = {}}};
  ConsolidationSettings settings;
  settings.strategy = strategy;
  settings.power_down = {.enabled = true, .after = minutes{10}};
  policy.spec.settings = settings;
  return policy;
}

Report run(const Scenario& scenario, std::uint64_t seed, std::vector<Policy> policies) {
  Simulation simulation(scenario, {.seed = seed, .policies = std::move(policies)});
  simulation.begin();
  simulation.run();
  return simulation.report();
}

class NeverWorse : public testing::TestWithParam<ConsolidationStrategy> {};

void expect_never_worse(const Scenario& scenario, std::uint64_t seed, ConsolidationStrategy strategy) {
  const Report idle = run(scenario, seed, {});
  const Report packed = run(scenario, seed, {packing(scenario, strategy)});
  const double points = 100 * (packed.totals.unserved - idle.totals.unserved);
  const double energy = packed.totals.joules / idle.totals.joules - 1;
  const std::string what = "seed " + std::to_string(seed) + ": " + std::to_string(packed.counts.migrations) + " moves, energy " +
                           std::to_string(100 * energy) + " %, unserved " + std::to_string(points) + " points";
  EXPECT_LE(points, kUnservedPoints) << what;
  EXPECT_LE(energy, kEnergy) << what;
  const bool brings = energy < -kEnergy || points < -0.05;
  EXPECT_TRUE(brings || packed.counts.migrations <= kMovesInVain) << what;
  EXPECT_EQ(packed.invariant_violations, 0U) << what;
}

TEST_P(NeverWorse, ThanDoingNothing) {
  for (const std::uint64_t seed : kWorlds) expect_never_worse(random_scenario(seed), seed, GetParam());
}

TEST_P(NeverWorse, ThanDoingNothingWhereSomeNodesAreHungrierThanOthers) {
  expect_never_worse(mixed_nodes(), 1, GetParam());
}

TEST_P(NeverWorse, ThanDoingNothingInABusyPool) {
  expect_never_worse(busy_pool(), 1, GetParam());
}

std::string name_of(const testing::TestParamInfo<ConsolidationStrategy>& info) {
  return std::string(to_string(info.param));
}

INSTANTIATE_TEST_SUITE_P(Strategies, NeverWorse,
                         testing::Values(ConsolidationStrategy::Balanced, ConsolidationStrategy::Placement,
                                         ConsolidationStrategy::Fuzzy, ConsolidationStrategy::DynamicRoundRobin),
                         name_of);

}  // namespace
}  // namespace drover::sim
