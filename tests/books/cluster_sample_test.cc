// What a view, the power drivers and the figures of use say, as the books see it.
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "books/production_books.h"

namespace drover::test {
namespace {

constexpr Instant kNow = Instant{std::chrono::sys_days{std::chrono::year{2026} / 11 / 2}};
constexpr Duration kLongest = minutes{1};

TEST(ClusterSample, ANodeIsWhatItsMarkSaysUnlessItsDriverKnowsBetter) {
  const Instant now = kNow;
  const auto state_of = [&](NodeLife life, bool ready, Powered powered) {
    ClusterView view;
    Node node;
    node.name = "n1";
    node.ready = ready;
    node.marks.life = life;
    view.nodes[{"", "n1"}] = std::make_shared<const Node>(node);
    PowerTable power;
    power.nodes["n1"] = {.state = powered, .asked = now};
    const NodeSample sample = sample_of(view, power, {}, kLongest, now).nodes.at(0);
    return std::pair(sample.state, sample.known);
  };
  using enum EnergyState;
  EXPECT_EQ(state_of(NodeLife::Active, true, Powered::Unknown), std::pair(On, true));
  EXPECT_EQ(state_of(NodeLife::Active, false, Powered::Unknown), std::pair(On, false));
  EXPECT_EQ(state_of(NodeLife::Active, false, Powered::Off), std::pair(Standby, true));
  EXPECT_EQ(state_of(NodeLife::PoweringOff, true, Powered::On), std::pair(Shutdown, true));
  EXPECT_EQ(state_of(NodeLife::PoweringOff, false, Powered::Off), std::pair(Standby, true));
  EXPECT_EQ(state_of(NodeLife::Asleep, false, Powered::Unknown), std::pair(Standby, true));
  EXPECT_EQ(state_of(NodeLife::Waking, false, Powered::On), std::pair(Boot, true));
}

// In their order: the node's own controller, Kepler, the model; and an old figure is none.
TEST(ClusterSample, ANodesMeterIsItsOwnControllersAndElseKeplers) {
  const Instant now = kNow;
  ClusterView view;
  for (const std::string name : {"both", "kepler", "none", "redfish", "stale"}) {
    Node node;
    node.name = name;
    node.ready = true;
    view.nodes[{"", name}] = std::make_shared<const Node>(node);
  }
  PowerTable power;
  const MeterReading own{.watts = 200, .source = "redfish/EnvironmentMetrics"};
  power.nodes["both"] = {.state = Powered::On, .meter = own, .asked = now};
  power.nodes["redfish"] = {.state = Powered::On, .meter = own, .asked = now};
  power.nodes["stale"] = {.state = Powered::On, .meter = own, .asked = now - kLongest - seconds{1}};
  power.nodes["kepler"] = {.state = Powered::On, .asked = now};
  UseTable use;
  use.sampled = now;
  for (const std::string name : {"both", "kepler", "stale"})
    use.meters[name] = {.watts = 120, .source = "kepler/psys", .input = false};
  const auto source_of = [&](std::size_t i) {
    const auto sample = sample_of(view, power, use, kLongest, now);
    return sample.nodes[i].meter ? sample.nodes[i].meter->source : "model";
  };
  EXPECT_EQ(source_of(0), "redfish/EnvironmentMetrics");
  EXPECT_EQ(source_of(1), "kepler/psys");
  EXPECT_EQ(source_of(2), "model");
  EXPECT_EQ(source_of(3), "redfish/EnvironmentMetrics");
  EXPECT_EQ(source_of(4), "kepler/psys");
  use.sampled = now - kLongest - seconds{1};
  EXPECT_EQ(source_of(1), "model");
}

// Of its migrations only one that is copying takes CPU from it.
TEST(ClusterSample, AVmIsCopiedWhileAMigrationOfItRuns) {
  const Instant now = kNow;
  ClusterView view;
  Node node;
  node.name = "n1";
  node.ready = true;
  node.allocatable[std::string(kCpu)] = 8000;
  view.nodes[{"", "n1"}] = std::make_shared<const Node>(node);
  view.vms_by_node["n1"] = {{"s", "a"}};
  UseTable use;
  use.sampled = now;
  use.vms[{"s", "a"}] = {.cpu_cores = 2, .cpu_delay_cores = 1};
  const auto copied_in = [&](MigrationPhase phase) {
    Migration migration;
    migration.phase = phase;
    view.migrations[{"s", "m"}] = std::make_shared<const Migration>(migration);
    view.migrations_by_vm[{"s", "a"}] = {{"s", "m"}};
    return sample_of(view, {}, use, kLongest, now).nodes.at(0).used.at(0).copied;
  };
  EXPECT_TRUE(copied_in(MigrationPhase::Running));
  EXPECT_FALSE(copied_in(MigrationPhase::Scheduling));
  EXPECT_FALSE(copied_in(MigrationPhase::Succeeded));
  EXPECT_EQ(sample_of(view, {}, use, kLongest, now).nodes.at(0).used.at(0).demanded, 3);
}

}  // namespace
}  // namespace drover::test
