#include "sim/metrics.h"

#include <gtest/gtest.h>

#include "sim/snapshot_scenario.h"
#include "worlds.h"

namespace drover::sim {
namespace {

Duration age_told(MetricsSettings settings) {
  Simulation simulation(test::calm(), {});
  simulation.begin();
  Scenario scenario = test::calm();
  scenario.metrics = settings;
  EventQueue queue(simulation.now());
  Metrics metrics(scenario, queue, simulation.world());
  metrics.begin();
  while (queue.now() < simulation.now() + minutes{1} && queue.run_next()) {
  }
  const auto use = metrics.sample_use(queue.now(), {});
  EXPECT_TRUE(use && !use->vms.empty());
  return use->age;
}

TEST(MetricsTest, FiguresAreAsOldAsTheDelayAndHalfOfTheTimeBetweenScrapes) {
  EXPECT_EQ(age_told({.resolution = seconds{30}, .delay = seconds{10}}), seconds{25});
  EXPECT_EQ(age_told({}), Duration{0});
}

TEST(MetricsTest, FiguresOfACapturedClusterAreAsOldAsTheyWereThere) {
  SnapshotFile file;
  file.use.age = seconds{40};
  EXPECT_EQ(age_told(scenario_of(file).scenario.metrics), seconds{40});
}

}  // namespace
}  // namespace drover::sim
