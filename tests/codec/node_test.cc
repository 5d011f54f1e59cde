#include "codec/node.h"

#include <gtest/gtest.h>

#include "codec/labels.h"

namespace drover {
namespace {

TEST(Node, IsReadFromWhatTheApiServerWrites) {
  const auto node =
      decode_node(R"({"kind":"Node","apiVersion":"v1","metadata":{"name":"n1","uid":"u","labels":{"kubevirt.io/schedulable":"true"},
    "annotations":{"kubevirt.io/heartbeat":"2026-11-22T10:00:00Z"}},
    "spec":{"unschedulable":true,"taints":[{"key":"a","value":"b","effect":"NoSchedule"},{"key":"c","effect":"NoExecute"}]},
    "status":{"allocatable":{"cpu":"3920m","memory":"15Gi","devices.kubevirt.io/kvm":"1k","pods":"110"},
      "conditions":[{"type":"MemoryPressure","status":"True"},{"type":"Ready","status":"True"},{"type":"DiskPressure","status":"False"}]}})");
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_EQ(
      *node,
      (Node{.name = "n1",
            .uid = "u",
            .labels = labels_of({{"kubevirt.io/schedulable", "true"}}),
            .taints = {{"a", "b", "NoSchedule"}, {"c", "", "NoExecute"}},
            .unschedulable = true,
            .ready = true,
            .allocatable = {{"cpu", 3920}, {"memory", std::int64_t{15} << 30}, {"devices.kubevirt.io/kvm", 1000}, {"pods", 110}},
            .heartbeat = parse_rfc3339("2026-11-22T10:00:00Z")}));
}

TEST(Node, IsNotReadyWhenNothingSaysSo) {
  EXPECT_FALSE(decode_node(R"({"metadata":{"name":"n"}})")->ready);
  EXPECT_FALSE(decode_node(R"({"metadata":{"name":"n"},"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}})")->ready);
}

TEST(Node, HasNoHeartbeatWhenTheAnnotationIsNoTime) {
  EXPECT_FALSE(decode_node(R"({"metadata":{"name":"n","annotations":{"kubevirt.io/heartbeat":"soon"}}})")->heartbeat.has_value());
}

TEST(Node, RefusesAQuantityThatIsNone) {
  const auto node = decode_node(R"({"metadata":{"name":"n"},"status":{"allocatable":{"cpu":"much"}}})");
  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().message, "nodes n: .status.allocatable.cpu: \"much\" is not a quantity");
}

}  // namespace
}  // namespace drover
