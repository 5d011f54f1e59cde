// A node that wakes serves again only with the CSI drivers and the DaemonSets' pods that it had before.
#include "core/node_services.h"

#include <gmock/gmock.h>

#include "core/node_life.h"
#include "dictated.h"

namespace drover::test {
namespace {

using testing::ElementsAre;

class NodeServices : public Consolidation {
 protected:
  NodeServices() {
    h.world.view.known_volumes.csi_nodes = true;
    for (const char* node : {"n1", "n3"}) {
      drivers(node, {"ceph", "nfs"});
      service("kube-system/cni", node, true);
    }
  }
  void drivers(const char* node, std::set<std::string> names) {
    h.world.view.csi_nodes[{"", node}] = std::make_shared<const CsiNode>(CsiNode{.limits = {}, .drivers = std::move(names)});
  }
  void service(const std::string& name, const std::string& node, bool ready) {
    h.world.add_pod(name + "-" + node, node, {}, [&](Pod& pod) {
      pod.node_service = key_of(name).name;
      pod.ready = ready;
    });
  }
  // n3 is switched off by the policy, and woken: its machine and its kubelet are back.
  void sleep_and_wake() {
    script.orders = {{"n3", NodeOrder::Act::Retire}};
    h.lead();
    h.pass(seconds{2});
    script.orders = {{"n3", NodeOrder::Act::Sleep}};
    h.pass(minutes{3});
    ASSERT_EQ(life("n3"), NodeLife::PoweringOff);
    power("n3", false);
    h.pass(2 * kSwitchingPoll);
    ASSERT_EQ(life("n3"), NodeLife::Asleep);
    script.orders = {{"n3", NodeOrder::Act::Wake}};
    h.pass(minutes{1});
    script.orders.clear();
    ASSERT_EQ(life("n3"), NodeLife::Waking);
  }
  void come_up() {
    power("n3", true);
    h.pass(minutes{1});
  }
};

TEST_F(NodeServices, AreRememberedFromWhenTheNodeIsSwitchedOffUntilItServes) {
  service("kube-system/broken", "n3", false);
  sleep_and_wake();
  const NodeMarks& marks = h.world.node_ref("n3").marks;
  EXPECT_THAT(marks.csi_drivers, ElementsAre("ceph", "nfs"));
  EXPECT_THAT(marks.services, ElementsAre("kube-system/cni")) << "what was not Ready then is not waited for";
  come_up();
  ASSERT_EQ(life("n3"), NodeLife::Active);
  EXPECT_TRUE(h.world.node_ref("n3").marks.services.empty());
}

TEST_F(NodeServices, AreWaitedForUntilTheyAreBack) {
  sleep_and_wake();
  drivers("n3", {"nfs"});
  h.world.change_pod("kube-system/cni-n3", [](Pod& pod) { pod.ready = false; });
  come_up();
  EXPECT_EQ(life("n3"), NodeLife::Waking);
  EXPECT_EQ(missing_service(h.world.view, h.world.node_ref("n3")), "CSI driver ceph has not registered on it again (CSINode n3)");
  drivers("n3", {"ceph", "nfs"});
  EXPECT_EQ(missing_service(h.world.view, h.world.node_ref("n3")), "the pod of DaemonSet kube-system/cni on it is not Ready");
  h.world.erase_pod(key_of("kube-system/cni-n3"));
  EXPECT_EQ(missing_service(h.world.view, h.world.node_ref("n3")), "DaemonSet kube-system/cni has no pod on it yet");
  service("kube-system/cni", "n3", true);
  h.step(ViewChanged{});
  h.pass(seconds{10});
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

TEST_F(NodeServices, ThatStayAwayKeepTheNodeOutNoLongerThanItMayTakeToWake) {
  profile([](PowerProfile& p) { p.limits.wake_deadline = minutes{4}; });
  sleep_and_wake();
  drivers("n3", {"nfs"});
  come_up();
  EXPECT_EQ(life("n3"), NodeLife::Waking);
  h.pass(minutes{4});
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

TEST_F(NodeServices, ThatAreReadyOnNoNodeInServiceAreNotWaitedFor) {
  sleep_and_wake();
  for (const char* node : {"n1", "n3"})
    h.world.change_pod(std::string("kube-system/cni-") + node, [](Pod& pod) { pod.ready = false; });
  come_up();
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

TEST_F(NodeServices, ThatWereTakenOutOfTheClusterMeanwhileAreNotWaitedFor) {
  sleep_and_wake();
  for (const char* node : {"n1", "n3"}) {
    drivers(node, {"nfs"});
    h.world.erase_pod(key_of(std::string("kube-system/cni-") + node));
  }
  come_up();
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

}  // namespace
}  // namespace drover::test
