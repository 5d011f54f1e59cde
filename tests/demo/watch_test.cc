#include "demo/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/telemetry/prometheus_telemetry.h"
#include "sim/scenario_file.h"
#include "yaml/policy_file.h"

namespace drover {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Four nodes whose few VMs end or fit on fewer; after three hours as many VMs arrive as need another node.
sim::Scenario scenario() {
  auto read = sim::parse_scenario(
      "name: small\nduration: 4h\nnodes: [{count: 4, cpu: 8, memory: 16 GiB}]\n"
      "vms:\n- {name: web, namespace: shop, count: 8, memory: 1 GiB, demand: {pattern: constant, level: 20%}}\n"
      "- {name: job, namespace: shop, count: 4, memory: 1 GiB, demand: {pattern: constant, level: 20%}, lifetime: 10m}\n"
      "- {name: late, namespace: shop, count: 0, memory: 7 GiB, arrivals: {at: [3h, 3h, 3h, 3h]}}\n",
      "small.yaml");
  EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().message);
  return std::move(read).value();
}

sim::SimulationOptions options() {
  auto read = parse_policies(
      "apiVersion: policy.drover.dev/v1alpha1\nkind: ClusterMigrationPolicy\nmetadata: {name: pack}\n"
      "spec:\n  type: Consolidation\n  mode: Enforce\n  disruption: {budgets: [{migrations: 4}]}\n"
      "  consolidation: {strategy: DynamicRoundRobin, interval: 1m, reserve: 0, powerDown: {enabled: true, after: 5m}}\n",
      "pack.yaml", scenario().start);
  EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().message);
  return {.policies = read->policies};
}

class DemoWatchTest : public testing::Test {
 protected:
  DemoWatchTest() : simulation(scenario(), options()), watch(simulation, telemetry) {
    simulation.observe(watch);
    simulation.begin();
    watch.look(simulation);
  }
  PrometheusTelemetry telemetry;
  sim::Simulation simulation;
  DemoWatch watch;
};

TEST_F(DemoWatchTest, BeginsWithEverythingOn) {
  EXPECT_EQ(watch.day().title, "small");
  EXPECT_EQ(watch.day().policy, "pack (DynamicRoundRobin)");
  EXPECT_EQ(watch.day().nodes_on(), 4U);
  EXPECT_EQ(watch.day().vms_running, 12U);
  EXPECT_DOUBLE_EQ(watch.day().done(), 0);
}

TEST_F(DemoWatchTest, KnowsTheMovesThatTheWorldMadeAndTheLivesThatNodesHave) {
  simulation.run();
  watch.look(simulation);
  const DemoDay& day = watch.day();
  ASSERT_FALSE(day.moves.empty());
  EXPECT_EQ(day.moves.size(), simulation.world().moves().size());
  for (const DemoMove& move : day.moves) {
    EXPECT_FALSE(move.reason.empty());
    EXPECT_TRUE(move.ended.has_value());
    EXPECT_NE(move.source, move.target);
  }
  const auto was = [&](NodeLife life) {
    return std::any_of(day.changes.begin(), day.changes.end(), [life](const DemoChange& change) { return change.to == life; });
  };
  for (const NodeLife life : {NodeLife::Retiring, NodeLife::Draining, NodeLife::Empty, NodeLife::PoweringOff, NodeLife::Asleep,
                              NodeLife::Waking, NodeLife::Active}) {
    EXPECT_TRUE(was(life)) << to_string(life);
  }
  for (const DemoNode& node : day.nodes) EXPECT_EQ(node.life, simulation.api().view().node(node.name)->marks.life) << node.name;
  EXPECT_LT(day.totals.joules, day.totals.all_on_joules);
  EXPECT_EQ(day.violations, 0U);
  EXPECT_DOUBLE_EQ(day.done(), 1);
}

TEST_F(DemoWatchTest, LookingOnChangesNoDecision) {
  sim::Simulation alone(scenario(), options());
  alone.begin();
  alone.run();
  while (simulation.now() < simulation.end()) {
    simulation.run_until(simulation.now() + minutes{7});
    watch.sample(simulation);
  }
  EXPECT_EQ(simulation.report().decisions_hash, alone.report().decisions_hash);
}

TEST_F(DemoWatchTest, ServesTheOperatorsMetricsAndEnergyBeside) {
  simulation.run();
  watch.look(simulation);
  watch.look(simulation);  // counts nothing twice
  const auto text = telemetry.text();
  EXPECT_THAT(text, AllOf(HasSubstr("# HELP drover_energy_joules_total Energy that the nodes have drawn, in joules"),
                          HasSubstr("drover_energy_joules_total{state=\"on\"} "),
                          HasSubstr("drover_migrations_total{result=\"Succeeded\"} " +
                                    std::to_string(watch.day().counts.migrations) + "\n"),
                          HasSubstr("drover_node_stops_total " + std::to_string(watch.day().totals.node_stops) + "\n"),
                          HasSubstr("drover_nodes{life=\"Asleep\"} "), HasSubstr("drover_decisions_total{"),
                          HasSubstr("drover_effects_total{kind=\"CreateMigration\",result=\"ok\"} "),
                          HasSubstr("drover_invariant_violations_total{invariant=\"TargetFits\"} 0")));
}

}  // namespace
}  // namespace drover
