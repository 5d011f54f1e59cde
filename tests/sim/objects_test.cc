#include "sim/objects.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "codec/node.h"

namespace drover::sim {
namespace {

std::string node_json(bool cordoned, bool ours, bool marked) {
  nlohmann::json node = {{"metadata", {{"name", "n1"}, {"uid", "u1"}, {"annotations", nlohmann::json::object()}}},
                         {"spec", {{"taints", {{{"key", "other"}, {"effect", "NoSchedule"}}}}}}};
  if (cordoned) node["spec"]["unschedulable"] = true;
  if (marked) {
    node["metadata"]["annotations"][std::string(node_mark::kLife)] = "Draining";
    node["spec"]["taints"].push_back({{"key", node_mark::kRetiringTaint}, {"effect", "NoSchedule"}});
  }
  if (ours) node["metadata"]["annotations"][std::string(node_mark::kCordoned)] = "true";
  return node.dump();
}

// The simulated API server must do what the real one is asked to do.
TEST(WriteMarks, DoesWhatTheCodecDoes) {
  for (const bool cordoned : {false, true}) {
    for (const bool marked : {false, true}) {
      for (const bool cordon : {false, true}) {
        for (const NodeLife life : {NodeLife::Active, NodeLife::Retiring, NodeLife::Empty}) {
          const bool ours = cordoned && marked;
          const std::string before = node_json(cordoned, ours, marked);
          const NodeMarks marks{.life = life,
                                .since = Instant{seconds{90}},
                                .policy_uid = "p1",
                                .reason = "why",
                                .cordoned = cordon && life != NodeLife::Active};
          const auto by_codec = decode_node(encode_node_marks(before, marks));
          auto by_us = decode_node(before);
          ASSERT_TRUE(by_codec && by_us);
          write_marks(*by_us, marks);
          EXPECT_EQ(by_us->marks, by_codec->marks) << before;
          EXPECT_EQ(by_us->unschedulable, by_codec->unschedulable) << before;
          EXPECT_EQ(by_us->taints, by_codec->taints) << before;
        }
      }
    }
  }
}

TEST(Objects, ANodeOfAGroupHasTheGroupsPowerModel) {
  NodeGroup group;
  group.power.standby_watts = 7;
  const Node node = node_object(group, "node-1", "a");
  EXPECT_TRUE(power_profile(group).nodes.matches(node.labels));
  EXPECT_TRUE(accepts_pods(node));
}

}  // namespace
}  // namespace drover::sim
