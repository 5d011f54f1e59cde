#include "core/reserve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace drover::test {
namespace {

using testing::HasSubstr;

// Four nodes of 16 cores and 64 GiB in zone "a"; a VM requests 2 cores and 4.25 GiB.
class ReserveTest : public ::testing::Test {
 protected:
  ReserveTest() {
    for (const char* node : {"n1", "n2", "n3", "n4"}) w.add_node(node);
    settings.reserve_nodes = 0;
    settings.power_down.max_resting_percent = 100;
  }
  [[nodiscard]] std::string without(const std::string& node) const {
    Roster roster;
    roster.update(w.view);
    return Reserve(w.view, roster, settings).problem_without(w.node_ref(node));
  }
  void retire(const std::string& node) {
    w.change_node(node, [](Node& n) { n.marks.life = NodeLife::Retiring; });
  }
  void take(const std::string& node, std::int64_t millicores, std::int64_t memory) {
    w.add_pod("of-" + node, node, {{"cpu", millicores}, {"memory", memory}});
  }

  World w;
  ConsolidationSettings settings;
};

TEST_F(ReserveTest, AmountsAreCoresAndBytes) {
  EXPECT_EQ(amounts_of({{"cpu", 1500}, {"memory", kGi}, {"pods", 7}}), (Amounts{1.5, 1.0 * kGi}));
}

TEST_F(ReserveTest, PlacesAreWhatThePodsThereLeave) {
  w.add_vm("a", "n1");
  w.add_pod("daemon", "n1", {});
  EXPECT_EQ(places_on(w.view, w.node_ref("n1")), 108);
  EXPECT_EQ(places_on(w.view, w.node_ref("n2")), 110);
}

TEST_F(ReserveTest, ANodeMayGoWhileTheOthersHoldItsVmsAndTheReserve) {
  settings.reserve_nodes = 3;
  EXPECT_EQ(without("n1"), "") << "three nodes without a VM are three nodes of room";
  w.add_vm("a", "n1");
  EXPECT_THAT(without("n1"), HasSubstr("the reserve of CPU")) << "its VM takes of that room";
  settings.reserve_nodes = 2;
  EXPECT_EQ(without("n1"), "");
}

TEST_F(ReserveTest, MemoryIsHeldInReserveAsCpuIs) {
  settings.reserve_nodes = 3;
  take("n2", 0, kGi);
  EXPECT_THAT(without("n1"), HasSubstr("the reserve of memory"));
}

TEST_F(ReserveTest, TheReserveIsCountedInTheLargestNodesThatStay) {
  w.change_node("n1", [](Node& n) { n.allocatable["cpu"] = 64000; });
  settings.reserve_nodes = 1;
  for (const char* node : {"n2", "n3"}) take(node, 16000, 0);
  EXPECT_EQ(without("n1"), "") << "n4 is free, and as large as any that stays";
  take("n4", 1000, 0);
  EXPECT_THAT(without("n1"), HasSubstr("the reserve of CPU"));
  EXPECT_EQ(without("n2"), "") << "n1 is free";
}

TEST_F(ReserveTest, AShareIsOneOfWhatVmsUse) {
  settings.reserve_percent = 50;
  w.add_vm("a", "n1");
  take("n2", 13000, 0);
  for (const char* node : {"n3", "n4"}) take(node, 16000, 0);
  EXPECT_EQ(without("n1"), "") << "3 cores are free: 2 for the VM, and half of that";
  settings.reserve_percent = 51;
  EXPECT_THAT(without("n1"), HasSubstr("the reserve of CPU"));
}

TEST_F(ReserveTest, AShareIsOneOfWhatOtherPodsUseTooButForThoseOfTheirNodes) {
  settings.reserve_percent = 50;
  for (const char* node : {"n3", "n4"}) take(node, 16000, 0);
  take("n2", 8000, 0);
  EXPECT_EQ(without("n1"), "") << "nothing but DaemonSets' pods is there";
  w.add_pod("web", "n2", {{"cpu", 6000}}, [](Pod& pod) { pod.owner = PodOwner::Workload; });
  EXPECT_THAT(without("n1"), HasSubstr("the reserve of CPU"));
}

TEST_F(ReserveTest, VmsOfNodesThatLeaveAlreadyNeedRoomToo) {
  retire("n1");
  w.add_vm("a", "n1");
  settings.reserve_nodes = 2;
  EXPECT_THAT(without("n2"), HasSubstr("the reserve of CPU"));
  w.erase_pod(key_of("virt-launcher-a-0"));
  EXPECT_EQ(without("n2"), "");
}

TEST_F(ReserveTest, RoomForTheLargestVmStaysOnOneNode) {
  w.add_vm("large", "n1", {}, [](Pod& pod) { pod.requests["cpu"] = 12000; });
  w.add_vm("small", "n2");
  take("n2", 3000, 0);
  take("n3", 6000, 0);
  EXPECT_EQ(without("n3"), "") << "n4 has room for a VM as large as the largest";
  EXPECT_THAT(without("n4"), HasSubstr("no other node in service has room for a VM as large as the largest, which requests 12000m"))
      << "what is free on n2 and n3 together does not count";
  take("n2", 5000, 0);
  w.change_node("n3", [](Node& n) { n.marks.life = NodeLife::Empty; });
  w.erase_pod(key_of("of-n3"));
  EXPECT_EQ(without("n4"), "") << "n3 is at hand";
  EXPECT_EQ(without("n3"), "") << "and n4 in service";
  w.change_node("n4", [](Node& n) { n.marks.life = NodeLife::Asleep; });
  EXPECT_THAT(without("n3"), HasSubstr("no other node in service has room")) << "what sleeps starts nothing again";
}

TEST_F(ReserveTest, AVmThatOnlyItsOwnNodeCouldTakeHasNoReserve) {
  w.change_node("n1", [](Node& n) { n.allocatable["memory"] = 512 * kGi; });
  w.add_vm("giant", "n1", {}, [](Pod& pod) { pod.requests["memory"] = 200 * kGi; });
  EXPECT_EQ(without("n4"), "");
  EXPECT_EQ(without("n2"), "");
}

TEST_F(ReserveTest, NodesThatTakeNoVmAreNoRoom) {
  settings.reserve_nodes = 3;
  const auto lost = [&](const World::Edit<Node>& edit) {
    const Node before = w.node_ref("n4");
    w.change_node("n4", edit);
    const std::string problem = without("n1");
    w.put(Node(before));
    return problem;
  };
  EXPECT_EQ(without("n1"), "");
  EXPECT_THAT(lost([](Node& n) { n.unschedulable = true; }), HasSubstr("reserve"));
  EXPECT_THAT(lost([](Node& n) { n.ready = false; }), HasSubstr("reserve"));
  EXPECT_THAT(lost([](Node& n) { n.labels.set("kubevirt.io/schedulable", "false"); }), HasSubstr("reserve"));
}

TEST_F(ReserveTest, AnEmptyNodeIsRoomForTheReserveAndNotForVmsThatLeave) {
  settings.reserve_nodes = 1;
  w.change_node("n1", [](Node& n) { n.marks.life = NodeLife::Empty; });
  w.add_vm("a", "n2");
  for (const char* node : {"n3", "n4"}) take(node, 14000, 0);
  EXPECT_EQ(without("n2"), "") << "n1 is the reserve, and there is room for a VM beside it";
  take("n3", 16000, 0);
  EXPECT_EQ(without("n2"), "") << "it finds the last room of those that serve";
  take("n4", 15000, 0);
  EXPECT_THAT(without("n2"), HasSubstr("no room on the other nodes: their CPU"));
}

TEST_F(ReserveTest, AnEmptyNodeIsSwitchedOffOnlyWhenTheReserveIsOnWithoutIt) {
  settings.reserve_nodes = 1;
  for (const char* node : {"n1", "n2"}) w.change_node(node, [](Node& n) { n.marks.life = NodeLife::Empty; });
  for (const char* node : {"n3", "n4"}) take(node, 16000, 0);
  EXPECT_EQ(without("n1"), "") << "n2 is the reserve";
  const auto lost = [&](const World::Edit<Node>& edit) {
    const Node before = w.node_ref("n2");
    w.change_node("n2", edit);
    const std::string problem = without("n1");
    w.put(Node(before));
    return problem;
  };
  EXPECT_THAT(lost([](Node& n) { n.marks.life = NodeLife::Asleep; }), HasSubstr("the reserve of CPU"));
  EXPECT_THAT(lost([](Node& n) { n.ready = false; }), HasSubstr("reserve"));
  EXPECT_THAT(lost([](Node& n) { n.labels.set("kubevirt.io/schedulable", "false"); }), HasSubstr("reserve"));
  EXPECT_THAT(lost([](Node& n) { n.labels.set("drover.dev/hands-off", ""); }), HasSubstr("reserve"));
}

// kube-controller-manager puts off evictions in a zone when more than two nodes and at least 55 % of it are not ready.
TEST_F(ReserveTest, SoManyNodesOfAZoneRestThatOneMoreMayFail) {
  const std::map<int, int> most = {{1, 0}, {2, 1}, {3, 1}, {4, 1},  {5, 1},  {6, 2},
                                   {7, 2}, {8, 3}, {9, 3}, {10, 4}, {12, 5}, {20, 9}};
  settings.power_down = {};
  for (const auto& [nodes, resting] : most) {
    w = World();
    for (int i = 0; i < nodes; ++i) w.add_node("n" + std::to_string(100 + i));
    int rest = 0;
    while (rest < nodes && without("n" + std::to_string(100 + rest)).empty()) retire("n" + std::to_string(100 + rest++));
    EXPECT_EQ(rest, resting) << "of " << nodes;
  }
}

// Of those that rest the reserve stays on, so it is not lost to Kubernetes.
TEST_F(ReserveTest, TheReserveRestsBesidesThoseThatMayBeOff) {
  settings.power_down = {.enabled = true};
  settings.reserve_nodes = 1;
  const std::map<int, int> most = {{3, 2}, {5, 2}, {6, 3}, {10, 5}};
  for (const auto& [nodes, resting] : most) {
    w = World();
    for (int i = 0; i < nodes; ++i) w.add_node("n" + std::to_string(100 + i));
    const auto in_life = [&](int node, NodeLife life) {
      w.change_node("n" + std::to_string(100 + node), [&](Node& n) { n.marks.life = life; });
    };
    int rest = 0;
    for (; rest < nodes && without("n" + std::to_string(100 + rest)).empty(); ++rest) in_life(rest, NodeLife::Empty);
    EXPECT_EQ(rest, resting) << "of " << nodes;
    settings.reserve_nodes = 0;  // and if it no longer asked for one on, no more of them would be switched off
    int off = 0;
    for (; off < rest && without("n" + std::to_string(100 + off)).empty(); ++off) in_life(off, NodeLife::Asleep);
    EXPECT_EQ(off, resting - 1) << "of " << nodes;
    if (off < rest) {
      EXPECT_THAT(without("n" + std::to_string(100 + off)), HasSubstr("would be off, and with one more lost"));
    }
    settings.reserve_nodes = 1;
  }
}

// It is one for all zones; and where nothing is switched off by Drover, whoever else does it is not to find more than one too many.
TEST_F(ReserveTest, TheReserveIsNotCountedInEveryZone) {
  settings.power_down = {.enabled = true};
  settings.reserve_nodes = 1;
  for (const char* node : {"m1", "m2", "m3", "m4"})
    w.add_node(node, [](Node& n) { n.labels.set("topology.kubernetes.io/zone", "b"); });
  for (const char* node : {"n1", "n2", "m1"}) {
    EXPECT_EQ(without(node), "") << node;
    retire(node);
  }
  EXPECT_THAT(without("m2"), HasSubstr("2 of the 4 nodes of zone b would rest"));
  w.change_node("n2", [](Node& n) { n.marks = {}; });
  EXPECT_EQ(without("m2"), "");
  settings.power_down.enabled = false;
  EXPECT_NE(without("m2"), "");
}

TEST_F(ReserveTest, NodesThatAreLostAlreadyCountAmongThem) {
  settings.power_down = {};
  for (const char* node : {"n5", "n6"}) w.add_node(node);
  retire("n1");
  EXPECT_EQ(without("n2"), "") << "two of six";
  w.change_node("n6", [](Node& n) { n.ready = false; });
  EXPECT_THAT(
      without("n2"),
      HasSubstr("2 of the 6 nodes of zone a would rest, all but the reserve would be switched off, and with one more lost"));
}

TEST_F(ReserveTest, SoManyNodesOfAZoneRestAsTheSettingsSay) {
  settings.power_down = {.max_resting_nodes = 2};
  retire("n1");
  EXPECT_EQ(without("n2"), "");
  retire("n2");
  EXPECT_THAT(without("n3"), HasSubstr("3 of the 4 nodes of zone a would rest, more than spec.consolidation.powerDown.maxResting"));
  settings.power_down = {.max_resting_percent = 75};
  EXPECT_EQ(without("n3"), "");
  settings.power_down = {.max_resting_percent = 74};
  EXPECT_NE(without("n3"), "");
  settings.power_down = {.max_resting_percent = 100};
  retire("n3");
  EXPECT_THAT(without("n4"), HasSubstr("no node of zone a would be left in service"));
}

TEST_F(ReserveTest, EachZoneIsCountedByItself) {
  settings.power_down = {};
  retire("n1");
  EXPECT_NE(without("n2"), "");
  for (const char* node : {"n3", "n4"}) w.change_node(node, [](Node& n) { n.labels.set("topology.kubernetes.io/zone", "b"); });
  EXPECT_EQ(without("n3"), "") << "the first of its own zone";
  for (const char* node : {"n1", "n2", "n3", "n4"})
    w.change_node(node, [](Node& n) { n.labels.set("topology.kubernetes.io/zone", ""); });
  EXPECT_THAT(without("n3"), HasSubstr("nodes of the cluster"));
}

TEST_F(ReserveTest, ControlPlanesEtcdAndStorageAreKnownByTheirLabels) {
  const CoreOptions elsewhere{.own_node = "n1"};
  for (const char* role : {"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/controlplane",
                           "node-role.kubernetes.io/master", "node-role.kubernetes.io/etcd", "node-role.harvesterhci.io/witness"}) {
    EXPECT_EQ(why_kept_on(Node{.labels = labels({{role, "true"}})}, settings, elsewhere), "it is of the control plane") << role;
  }
  for (const char* role : {"cluster.ocs.openshift.io/openshift-storage", "node.longhorn.io/create-default-disk", "px/enabled"})
    EXPECT_EQ(why_kept_on(Node{.labels = labels({{role, ""}})}, settings, elsewhere), "it is a storage node") << role;
  EXPECT_EQ(why_kept_on(Node{.labels = labels({{"px/enabled", "false"}})}, settings, elsewhere), "");
}

TEST_F(ReserveTest, ItsVmsMustFindPlacesForTheirPods) {
  for (const char* vm : {"a", "b"}) w.add_vm(vm, "n1");
  for (const char* node : {"n2", "n3", "n4"}) w.change_node(node, [](Node& n) { n.allocatable["pods"] = 0; });
  EXPECT_THAT(without("n1"), HasSubstr("may run no more pods"));
  w.change_node("n3", [](Node& n) { n.allocatable["pods"] = 2; });
  EXPECT_EQ(without("n1"), "");
}

}  // namespace
}  // namespace drover::test
