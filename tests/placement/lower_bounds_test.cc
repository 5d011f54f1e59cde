#include "placement/lower_bounds.h"

#include <gtest/gtest.h>

#include <cmath>

namespace drover::placement {
namespace {

// `counts[n]` VMs of this size on node n of that capacity.
Instance spread(const std::vector<int>& counts, Size vm, Size node, int t) {
  Instance instance{.nodes = std::vector<Size>(counts.size(), node), .vms = {}, .most_moves = t};
  for (std::size_t n = 0; n < counts.size(); ++n) {
    for (int i = 0; i < counts[n]; ++i) instance.vms.push_back({vm, static_cast<int>(n)});
  }
  return instance;
}

TEST(PlacementBounds, CapacityTakesTheLargestNodesForTheScarcerResource) {
  Instance instance = spread({3, 3, 3, 3}, {1, 4}, {10, 12}, 12);
  EXPECT_EQ(lower_bounds(instance).capacity, 4);
  instance.nodes[0].memory = 100;
  EXPECT_EQ(lower_bounds(instance).capacity, 2);
}

TEST(PlacementBounds, CountingEmptiesTheNodesWithTheFewestVms) {
  EXPECT_EQ(lower_bounds(spread({1, 2, 3, 9}, {1, 1}, {100, 100}, 5)).counting, 2);
  EXPECT_EQ(lower_bounds(spread({1, 2, 3, 9}, {1, 1}, {100, 100}, 6)).counting, 1);
  EXPECT_EQ(lower_bounds(spread({3, 0, 3}, {1, 1}, {100, 100}, 2)).counting, 2) << "an empty node is empty for nothing";
}

TEST(PlacementBounds, TheKnapsackSeesThatFewVmsAndLittleRoomAreNotTheSameNodes) {
  // Ten nodes with 1 VM and all the room, ten with 10 VMs and little: either bound alone would empty ten.
  Instance instance;
  for (int n = 0; n < 20; ++n) {
    const bool large = n < 10;
    instance.nodes.push_back(large ? Size{100, 100} : Size{10, 10});
    for (int i = 0; i < (large ? 1 : 10); ++i) instance.vms.push_back({large ? Size{80, 80} : Size{1, 1}, n});
  }
  instance.most_moves = 20;
  const LowerBounds bounds = lower_bounds(instance);
  EXPECT_EQ(bounds.counting, 9);
  EXPECT_EQ(bounds.capacity, 9);
  EXPECT_EQ(bounds.knapsack, 18) << "two large nodes, or a large and a small one";
}

TEST(PlacementBounds, AllVmsNeedANode) {
  EXPECT_EQ(lower_bounds(spread({1, 1}, {0, 0}, {1, 1}, 2)).best(), 1);
  EXPECT_EQ(lower_bounds({.nodes = {{1, 1}}, .vms = {}, .most_moves = 1}).best(), 0);
}

}  // namespace
}  // namespace drover::placement
