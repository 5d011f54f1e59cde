// What the books come to, as a scraper sees it.
#include "app/books_metrics.h"

#include <gtest/gtest.h>

#include "adapters/telemetry/prometheus_telemetry.h"

namespace drover::test {
namespace {

struct BooksMetricsTest : testing::Test {
  PrometheusTelemetry telemetry;
  BooksMetrics metrics{telemetry};
  [[nodiscard]] bool shows(const std::string& line) const { return telemetry.text().find("\n" + line + "\n") != std::string::npos; }
  [[nodiscard]] bool has(const std::string& name) const { return telemetry.text().find("\n" + name) != std::string::npos; }
};

TEST_F(BooksMetricsTest, EnergyHasTheNamesOfADemoAndItsSource) {
  LedgerRows rows;
  rows.energy.push_back({.node = "a",
                         .state = EnergyState::On,
                         .source = "kepler/psys",
                         .cls = EnergyClass::Derived,
                         .baseline = EnergyClass::Derived,
                         .joules = 100,
                         .all_on_joules = 100});
  rows.energy.push_back({.node = "b", .state = EnergyState::Standby, .source = "model", .joules = 10, .all_on_joules = 90});
  rows.energy.push_back(
      {.from = Instant{}, .until = Instant{} + seconds{300}, .node = "c", .source = "none", .cls = EnergyClass::Absent});
  metrics.show(rows);
  EXPECT_TRUE(shows("drover_node_energy_joules_total{node=\"a\",source=\"kepler/psys\"} 100"));
  EXPECT_TRUE(shows("drover_energy_joules_total{state=\"standby\"} 10"));
  EXPECT_TRUE(shows("drover_energy_all_on_joules_total 190"));
  EXPECT_TRUE(shows("drover_energy_saved_joules{basis=\"modelled\"} 80"));
  EXPECT_TRUE(shows("drover_energy_saved_joules{basis=\"metered\"} 0")) << "metered, and nothing saved";
  EXPECT_TRUE(shows("drover_energy_unknown_seconds_total 300"));
}

TEST_F(BooksMetricsTest, WhatIsUnknownHasNoSeries) {
  const Instant now{hours{24 * 365 * 56}};
  NodeSample node;
  node.name = "a";
  node.utilization = 1.0;
  ProductionBooks books(minutes{5}, minutes{1});
  ServiceLevels levels(minutes{2});
  for (int i = 0; i < 3; ++i) {
    books.sample(now + minutes{i}, {.nodes = {node}});
    levels.sample(now + minutes{i}, {.nodes = {node}});
  }
  metrics.show(books);
  metrics.show(levels);
  EXPECT_TRUE(shows("drover_power_watts 200"));
  EXPECT_TRUE(shows("drover_node_energy_source{node=\"a\",source=\"model\"} 1"));
  EXPECT_TRUE(shows("drover_sla_slatah_ratio{window=\"1h\"} 1"));
  EXPECT_TRUE(shows("drover_sla_covered_seconds{window=\"30d\"} 120"));
  EXPECT_FALSE(has("drover_sla_pdm_ratio{")) << "no VM's use is known";
  EXPECT_FALSE(has("drover_sla_esv_kilowatt_hours{"));
  node.utilization.reset();
  books.sample(now + minutes{3}, {.nodes = {node}});
  books.sample(now + minutes{4}, {.nodes = {node}});
  metrics.show(books);
  EXPECT_FALSE(has("drover_power_watts "));
  EXPECT_TRUE(shows("drover_power_unknown_nodes 1"));
  EXPECT_TRUE(shows("drover_node_energy_source{node=\"a\",source=\"none\"} 1"));
  EXPECT_FALSE(has("drover_node_energy_source{node=\"a\",source=\"model\"}"));
  metrics.forget();
  EXPECT_FALSE(has("drover_node_energy_source{"));
  EXPECT_FALSE(has("drover_sla_slatah_ratio{"));
  EXPECT_FALSE(has("drover_energy_saved_joules{"));
}

TEST_F(BooksMetricsTest, DowntimeSaysWhetherItWasMeasured) {
  LedgerRows rows;
  rows.moves.push_back({.migration_uid = "1", .downtime = milliseconds{300}});
  rows.moves.push_back({.migration_uid = "2", .downtime = milliseconds{40}, .downtime_measured = true});
  rows.moves.push_back({.migration_uid = "3"});
  metrics.show(rows);
  EXPECT_TRUE(shows("drover_migration_downtime_seconds_count{basis=\"estimated\"} 1"));
  EXPECT_TRUE(shows("drover_migration_downtime_seconds_count{basis=\"measured\"} 1"));
}

TEST_F(BooksMetricsTest, WakesHaveAHistogramAndTheQuantilesOfTheirRecord) {
  LedgerRows rows;
  rows.lives.push_back({.node = "a", .event = NodeEvent::Woke, .took = seconds{90}});
  rows.lives.push_back({.node = "a", .event = NodeEvent::WakeFailed, .took = seconds{900}});
  metrics.show(rows);
  EXPECT_TRUE(shows("drover_node_wake_duration_seconds_count 1"));
  ClusterView view;
  metrics.show(view);
  EXPECT_FALSE(has("drover_node_wake_seconds"));
  Node node;
  node.name = "a";
  node.marks.life = NodeLife::Asleep;
  node.record.wakes = {seconds{60}, seconds{80}, seconds{100}};
  view.nodes[{"", "a"}] = std::make_shared<const Node>(node);
  metrics.show(view);
  EXPECT_TRUE(shows("drover_node_wake_seconds{quantile=\"0.5\"} 80"));
  EXPECT_TRUE(shows("drover_nodes{life=\"Asleep\"} 1"));
  EXPECT_TRUE(shows("drover_nodes{life=\"Quarantined\"} 0"));
  metrics.node_came_to(NodeLife::Waking);
  EXPECT_TRUE(shows("drover_node_starts_total 1"));
}

}  // namespace
}  // namespace drover::test
