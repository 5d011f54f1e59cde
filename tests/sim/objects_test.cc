#include "sim/objects.h"

#include <gtest/gtest.h>

namespace drover::sim {
namespace {

TEST(Objects, ANodeOfAGroupHasTheGroupsPowerModel) {
  NodeGroup group;
  group.power.standby_watts = 7;
  const Node node = node_object(group, "node-1", "a");
  EXPECT_TRUE(power_profile(group).nodes.matches(node.labels));
  EXPECT_TRUE(accepts_pods(node));
}

}  // namespace
}  // namespace drover::sim
