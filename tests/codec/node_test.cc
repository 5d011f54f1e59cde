#include "codec/node.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

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
            .allocatable = {{"cpu", 3920}, {"memory", std::int64_t{15} << 30}, {"devices.kubevirt.io/kvm", 1000}, {"pods", 110}}}));
}

TEST(Node, IsNotReadyWhenNothingSaysSo) {
  EXPECT_FALSE(decode_node(R"({"metadata":{"name":"n"}})")->ready);
  EXPECT_FALSE(decode_node(R"({"metadata":{"name":"n"},"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}})")->ready);
}

// virt-handler writes one a minute on each node; nothing is to be decided anew for it.
TEST(Node, IsTheSameAfterAHeartbeat) {
  const auto node = [](const std::string& time) {
    return *decode_node(R"({"metadata":{"name":"n","annotations":{"kubevirt.io/heartbeat":")" + time + R"("}}})");
  };
  EXPECT_EQ(node("2026-11-22T10:00:00Z"), node("2026-11-22T10:01:00Z"));
}

TEST(Node, RefusesAQuantityThatIsNone) {
  const auto node = decode_node(R"({"metadata":{"name":"n"},"status":{"allocatable":{"cpu":"much"}}})");
  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().message, "nodes n: .status.allocatable.cpu: \"much\" is not a quantity");
}

// What a device plugin advertises is nothing that a VM's node is to be lost by.
TEST(Node, KeepsANodeWhoseResourcesAreBeyondAllFigures) {
  const auto node = decode_node(
      R"({"metadata":{"name":"n"},"status":{"allocatable":{"cpu":"8","a.io/most":"9223372036854775807","b.io/e":"100E","c.io/less":"-1"}}})");
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_EQ(node->allocatable,
            (Resources{{"cpu", 8000}, {"a.io/most", std::int64_t{1} << 52}, {"b.io/e", std::int64_t{1} << 52}, {"c.io/less", 0}}));
}

const NodeMarks kEmpty{.life = NodeLife::Empty,
                       .since = *parse_rfc3339("2026-11-22T10:00:00Z"),
                       .policy_uid = "p-1",
                       .reason = "no virtual machine is left on it",
                       .cordoned = true};

std::string mark(const std::string& json, const NodeMarks& marks) {
  Node node = *decode_node(json);
  write_marks(node, marks);
  return encode_node_marks(json, node);
}

TEST(NodeMarks, AreReadBackAsWrittenAndNothingElseIsTouched) {
  const std::string before =
      R"({"metadata":{"annotations":{"x":"y"},"name":"n","resourceVersion":"7"},"spec":{"podCIDR":"10.0.0.0/24","taints":[{"effect":"NoSchedule","key":"gpu"}]},"status":{"a":[1]}})";
  const std::string marked = mark(before, kEmpty);
  const auto node = decode_node(marked);
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_EQ(node->marks, kEmpty);
  EXPECT_TRUE(node->unschedulable);
  EXPECT_EQ(node->taints.size(), 1U);
  EXPECT_EQ(mark(marked, NodeMarks{}), before);
  EXPECT_EQ(mark(marked, kEmpty), marked);
}

TEST(NodeMarks, OfANodeThatIsOffSayWhatItMustHaveAgainAndWhetherItIsTested) {
  const std::string before = R"({"metadata":{"annotations":{},"name":"n"},"spec":{}})";
  NodeMarks marks = kEmpty;
  marks.life = NodeLife::PoweringOff;
  marks.platform = "v1.8.0";
  marks.csi_drivers = {"ceph", "nfs"};
  marks.services = {"kube-system/cni"};
  marks.test = true;
  const std::string marked = mark(before, marks);
  const auto node = decode_node(marked);
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_EQ(node->marks.csi_drivers, marks.csi_drivers);
  EXPECT_EQ(node->marks.services, marks.services);
  EXPECT_TRUE(node->marks.test);
  EXPECT_EQ(node->record.tested, marks.since);
  const auto free = decode_node(mark(marked, NodeMarks{}));
  EXPECT_EQ(free->marks, NodeMarks{});
  EXPECT_EQ(free->record.tested, marks.since) << "remembered when it serves again";
}

TEST(NodeMarks, TakeOffTheTaintOfEarlierVersions) {
  const std::string old = R"({"metadata":{"name":"n"},"spec":{"taints":[{"effect":"NoSchedule","key":"drover.dev/retiring"}]}})";
  EXPECT_TRUE(has_old_taint(*decode_node(old)));
  for (const NodeMarks& marks : {kEmpty, NodeMarks{}}) EXPECT_FALSE(has_old_taint(*decode_node(mark(old, marks))));
}

TEST(NodeMarks, LeaveSomeoneElsesCordonAlone) {
  const std::string cordoned = R"({"metadata":{"annotations":{},"name":"n"},"spec":{"unschedulable":true}})";
  const std::string marked = mark(cordoned, kEmpty);
  EXPECT_FALSE(decode_node(marked)->marks.cordoned);
  EXPECT_TRUE(decode_node(marked)->unschedulable);
  EXPECT_EQ(mark(marked, NodeMarks{}), cordoned);
}

std::string node_json(bool cordoned, bool ours, bool marked) {
  nlohmann::json node = {{"metadata", {{"name", "n1"}, {"uid", "u1"}, {"annotations", nlohmann::json::object()}}},
                         {"spec", {{"taints", {{{"key", "other"}, {"effect", "NoSchedule"}}}}}}};
  if (cordoned) node["spec"]["unschedulable"] = true;
  if (marked) {
    node["metadata"]["annotations"][std::string(node_mark::kLife)] = "Draining";
    node["spec"]["taints"].push_back({{"key", node_mark::kOldTaint}, {"effect", "NoSchedule"}});
  }
  if (ours) node["metadata"]["annotations"][std::string(node_mark::kCordoned)] = "true";
  return node.dump();
}

TEST(NodeMarks, AreOnTheNodeWhatTheyAreInTheText) {
  for (const bool cordoned : {false, true}) {
    for (const bool marked : {false, true}) {
      for (const bool cordon : {false, true}) {
        for (const NodeLife life : {NodeLife::Active, NodeLife::Retiring, NodeLife::Empty}) {
          const std::string before = node_json(cordoned, cordoned && marked, marked);
          const NodeMarks marks{.life = life,
                                .since = Instant{seconds{90}},
                                .policy_uid = "p1",
                                .reason = "why",
                                .cordoned = cordon && life != NodeLife::Active};
          Node node = *decode_node(before);
          write_marks(node, marks);
          EXPECT_EQ(*decode_node(encode_node_marks(before, node)), node) << before;
        }
      }
    }
  }
}

TEST(NodeMarks, OfALifeThatIsNotKnownKeepHandsOff) {
  EXPECT_EQ(decode_node(R"({"metadata":{"name":"n","annotations":{"drover.dev/node-life":"Dreaming"}}})")->marks.life,
            NodeLife::Quarantined);
}

}  // namespace
}  // namespace drover
