#include "books/power_floor.h"

#include <gtest/gtest.h>

#include <random>

namespace drover {
namespace {

PowerModel power(double idle, double max, double standby = 0) {
  PowerModel model;
  model.watts = PowerModel::table(PowerModel::Curve::Linear, idle, max);
  model.standby_watts = standby;
  return model;
}

TEST(PowerFloor, IsWhatTheCheapestNodesDrawThatHoldWhatRunsOutFirst) {
  const PowerModel model = power(100, 200, 10);
  const std::vector<FloorNode> nodes(4, {.room = {.cpu = 10, .memory = 100, .pods = 10}, .power = &model});
  EXPECT_DOUBLE_EQ(floor_watts(nodes, {}), 40) << "all in standby";
  EXPECT_DOUBLE_EQ(floor_watts(nodes, {.cpu = 10}), 40 + 90 + 100) << "one node, in full use";
  EXPECT_DOUBLE_EQ(floor_watts(nodes, {.cpu = 10, .memory = 250}), 40 + 2.5 * 90 + 100) << "memory needs two and a half";
  EXPECT_DOUBLE_EQ(floor_watts(nodes, {.cpu = 10, .memory = 250, .pods = 30}), 40 + 3 * 90 + 100) << "pods need three";
  EXPECT_DOUBLE_EQ(floor_watts(nodes, {.cpu = 10, .memory = 900}), 40 + 4 * 90 + 100) << "more than all hold";
}

TEST(PowerFloor, OfTwoKindsTheOneIsOnThatDrawsLessForWhatRunsOut) {
  const PowerModel small = power(86, 117);
  const PowerModel large = power(93.7, 135);
  const std::vector<FloorNode> nodes = {{.room = {.cpu = 37, .memory = 4}, .power = &small},
                                        {.room = {.cpu = 53, .memory = 4}, .power = &large}};
  EXPECT_NEAR(floor_watts(nodes, {.cpu = 1, .memory = 4}), 86 + 41.3 / 53, 1e-9) << "watts for a GiB";
  EXPECT_NEAR(floor_watts(nodes, {.cpu = 53}), 93.7 + 41.3, 1e-9) << "watts for a CPU";
}

TEST(PowerFloor, CountsNoMoreCpuThanThereIsAndNoStandbyAboveIdle) {
  const PowerModel model = power(100, 200, 150);
  const std::vector<FloorNode> nodes(2, {.room = {.cpu = 10, .memory = 0, .pods = 0}, .power = &model});
  EXPECT_DOUBLE_EQ(floor_watts(nodes, {}), 200) << "standby that draws more than idling is not needed";
  EXPECT_DOUBLE_EQ(floor_watts(nodes, {.cpu = 30}), 400) << "both in full use";
}

TEST(PowerFloor, KnowsThatALowerFrequencyDrawsLess) {
  PowerModel model = power(100, 200);
  model.frequency_steps = {{.speed = 0.5, .max_watts = 120}, {.speed = 1, .max_watts = 200}};
  const std::vector<FloorNode> nodes(1, {.room = {.cpu = 10, .memory = 10, .pods = 0}, .power = &model});
  EXPECT_DOUBLE_EQ(floor_watts(nodes, {.cpu = 5, .memory = 10}), 120);
}

// Whatever is placed where: nodes that are on with VMs on them draw no less.
TEST(PowerFloor, NoPlacementDrawsLess) {
  std::mt19937_64 random(1);
  const auto uniform = [&](double low, double high) { return std::uniform_real_distribution<double>(low, high)(random); };
  for (int trial = 0; trial < 500; ++trial) {
    const PowerModel kinds[] = {power(uniform(5, 200), uniform(200, 500), uniform(0, 5)),
                                power(uniform(5, 200), uniform(200, 500), uniform(0, 5))};
    std::vector<FloorNode> nodes;
    std::vector<Takings> held(6);
    for (std::size_t n = 0; n < held.size(); ++n)
      nodes.push_back({.room = {.cpu = uniform(4, 32), .memory = uniform(10, 100), .pods = 20}, .power = &kinds[n % 2]});
    Takings all;
    for (int vm = 0; vm < 30; ++vm) {
      const Takings one{.cpu = uniform(0, 3), .memory = uniform(0, 10), .pods = 1};
      const std::size_t node = random() % nodes.size();
      const Takings after{held[node].cpu + one.cpu, held[node].memory + one.memory, held[node].pods + 1};
      const Takings& room = nodes[node].room;
      if (after.cpu > room.cpu || after.memory > room.memory || after.pods > room.pods) continue;
      held[node] = after;
      all = {all.cpu + one.cpu, all.memory + one.memory, all.pods + 1};
    }
    double drawn = 0;
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      const PowerModel& model = *nodes[n].power;
      drawn += held[n].pods > 0 ? model.watts_at(held[n].cpu / nodes[n].room.cpu) : model.standby_watts;
    }
    ASSERT_LE(floor_watts(nodes, all), drawn + 1e-9) << "trial " << trial;
  }
}

}  // namespace
}  // namespace drover
