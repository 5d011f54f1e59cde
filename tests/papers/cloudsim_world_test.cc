#include "papers/cloudsim_world.h"

#include <gtest/gtest.h>

namespace drover::papers {
namespace {

UseTraces constant(std::initializer_list<int> percents) {
  UseTraces traces;
  for (const int percent : percents) traces.percent.emplace_back(kFrames, static_cast<std::uint8_t>(percent));
  return traces;
}

TEST(CloudSimWorld, HostsDrawWhatTheTableSaysBetweenItsPoints) {
  EXPECT_DOUBLE_EQ(World::power(0, 0), 86);
  EXPECT_DOUBLE_EQ(World::power(1, 1), 135);
  EXPECT_NEAR(World::power(1, 0.55), (116 + 121) / 2.0, 1e-9);
}

TEST(CloudSimWorld, AVmWithoutDemandIsCompletedUnlessAllAreKept) {
  const UseTraces traces = constant({0, 50});
  World world(traces, {});
  World keeping(traces, {.completes_idle_vms = false});
  for (World* w : {&world, &keeping}) {
    w->boot(0, 1);
    w->boot(1, 1);
    w->advance(300.1);
  }
  EXPECT_EQ(world.host_of(0), -1);
  EXPECT_EQ(world.host_of(1), 1);
  EXPECT_EQ(keeping.host_of(0), 1);
}

TEST(CloudSimWorld, TheFirstFrameIsNotMetered) {
  const UseTraces traces = constant({100});
  World world(traces, {});
  world.boot(0, 1);
  world.advance(300.1);
  EXPECT_EQ(world.meters().joules, 0);
  world.advance(600.1);
  EXPECT_NEAR(world.meters().joules, World::power(1, 2500 / 5320.0) * 300, 1e-6);
}

TEST(CloudSimWorld, AnOverloadedHostServesLessThanItIsAskedFor) {
  // With five VMs the first two are of 2500 MIPS, the next two of 2000.
  const UseTraces traces = constant({100, 100, 100, 100, 10});
  World world(traces, {});
  for (int vm = 0; vm < 4; ++vm) world.boot(vm, 1);
  world.advance(300.1);
  world.advance(600.1);
  EXPECT_DOUBLE_EQ(world.meters().overload(), 1);
  EXPECT_NEAR(world.meters().unserved(), 1 - 5320 / 9000.0, 1e-3);
  EXPECT_EQ(world.meters().lost_by_moves, 0);
}

TEST(CloudSimWorld, AMoveTakesTheMemoryOverHalfTheLineAndATenthOfTheDemand) {
  const UseTraces traces = constant({40});
  World world(traces, {});
  world.boot(0, 1);
  world.advance(300.1);
  world.carry_out({{0, 3}});
  EXPECT_EQ(world.host_of(0), 3);
  EXPECT_TRUE(world.vms_on(1).empty());
  EXPECT_NEAR(world.copy_seconds(0), 13.92, 1e-9);
  EXPECT_NEAR(world.meters().lost_by_moves, 0.1 * 1000 * 13.92, 1e-6);
  EXPECT_NEAR(world.meters().violated_seconds, 13.92, 1e-9) << "the target counts as violated while the VM arrives";
}

}  // namespace
}  // namespace drover::papers
