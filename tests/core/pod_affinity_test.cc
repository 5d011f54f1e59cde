#include "core/pod_affinity.h"

#include <gmock/gmock.h>

#include "core/feasibility.h"
#include "core/world.h"

namespace drover::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// VM db on n1; n2 is free but for what a test puts there.
class Neighbours : public ::testing::Test {
 protected:
  Neighbours() {
    w.add_node("n1");
    w.add_node("n2");
    w.add_vm("db", "n1");
  }
  [[nodiscard]] std::vector<std::string> of(const std::string& node) const {
    return obstacles(w.view, w.vm_ref("db"), w.node_ref(node), Plan(w.view), {});
  }
  void scheduling(const std::function<void(Scheduling&)>& edit) { w.change_scheduling("db", edit); }

  World w;
};

PodAffinityTerm app(const std::string& value, const std::string& topology_key = "kubernetes.io/hostname") {
  return {.selector = {{{"app", Requirement::Operator::In, {value}}}}, .topology_key = topology_key};
}

TEST_F(Neighbours, KeepAntiAffinityByHost) {
  w.add_vm("web", "n2");
  scheduling([](Scheduling& s) { s.pod_anti_affinity = {app("web")}; });
  EXPECT_THAT(of("n2"), ElementsAre("its anti-affinity (app In (web)) forbids the neighbour pod vms/virt-launcher-web-0 in "
                                    "kubernetes.io/hostname=n2"));
  w.add_node("n3");
  EXPECT_THAT(of("n3"), IsEmpty());
}

TEST_F(Neighbours, KeepTheAntiAffinityOfThoseThere) {
  w.add_vm("web", "n2");
  w.change_scheduling("web", [](Scheduling& s) { s.pod_anti_affinity = {app("db")}; });
  EXPECT_THAT(
      of("n2"),
      ElementsAre("pod vms/virt-launcher-web-0 forbids it by its anti-affinity (app In (db)) in kubernetes.io/hostname=n2"));
}

TEST_F(Neighbours, KeepAntiAffinityByZone) {
  const std::string zone = "topology.kubernetes.io/zone";
  w.add_node("n3", [](Node& n) { n.labels.set("topology.kubernetes.io/zone", "b"); });
  w.add_node("n4", [](Node& n) { n.labels.set("topology.kubernetes.io/zone", "b"); });
  w.add_vm("web", "n3");
  scheduling([&](Scheduling& s) { s.pod_anti_affinity = {app("web", zone)}; });
  EXPECT_THAT(of("n2"), IsEmpty());
  EXPECT_THAT(of("n4"), ElementsAre(HasSubstr("in topology.kubernetes.io/zone=b")));
}

// The scheduler counts the pod that the VM runs in like any other.
TEST_F(Neighbours, CountTheVmsOwnPodInItsZone) {
  w.add_node("n3", [](Node& n) { n.labels.set("topology.kubernetes.io/zone", "b"); });
  scheduling([](Scheduling& s) { s.pod_anti_affinity = {app("db", "topology.kubernetes.io/zone")}; });
  EXPECT_THAT(of("n2"), ElementsAre(HasSubstr("virt-launcher-db-0 in topology.kubernetes.io/zone=a")));
  EXPECT_THAT(of("n3"), IsEmpty());
}

TEST_F(Neighbours, CountArrivalsForAntiAffinity) {
  w.add_vm("web", "n1");
  w.add_migration("m1", "web", "n2");
  scheduling([](Scheduling& s) { s.pod_anti_affinity = {app("web")}; });
  EXPECT_THAT(of("n2"), ElementsAre(HasSubstr("virt-launcher-web-0, which is on its way there, in kubernetes.io/hostname=n2")));
  scheduling([](Scheduling& s) { s.pod_anti_affinity = {}; });
  w.change_scheduling("web", [](Scheduling& s) { s.pod_anti_affinity = {app("db")}; });
  EXPECT_THAT(of("n2"), ElementsAre(HasSubstr("on its way there, forbids it by its anti-affinity (app In (db))")));
}

TEST_F(Neighbours, DoNotSeeAntiAffinityAcrossNamespaces) {
  w.add_vm("other/web", "n2");
  scheduling([](Scheduling& s) { s.pod_anti_affinity = {app("web")}; });
  EXPECT_THAT(of("n2"), IsEmpty());
  scheduling([](Scheduling& s) { s.pod_anti_affinity[0].namespaces = {"x", "other"}; });
  EXPECT_EQ(of("n2").size(), 1U);
  scheduling([](Scheduling& s) {
    s.pod_anti_affinity[0].namespaces = {};
    s.pod_anti_affinity[0].all_namespaces = true;
  });
  EXPECT_EQ(of("n2").size(), 1U);
}

TEST_F(Neighbours, TakeTheAntiAffinityOfOthersInTheirOwnNamespace) {
  w.add_vm("other/web", "n2");
  w.change_scheduling("other/web", [](Scheduling& s) { s.pod_anti_affinity = {app("db")}; });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Neighbours, TakeUnreadableAntiAffinityAtItsWidest) {
  w.add_vm("other/web", "n2");
  w.add_vm("other/cache", "n1");
  w.add_node("n3");
  scheduling([](Scheduling& s) {
    s.pod_anti_affinity = {app("web")};
    s.pod_anti_affinity[0].unreadable = true;
  });
  EXPECT_EQ(of("n2").size(), 1U);
  EXPECT_THAT(of("n3"), IsEmpty());
}

TEST_F(Neighbours, AskForTheNeighbourThatAffinityNeeds) {
  w.add_node("n3");
  w.add_vm("web", "n2");
  scheduling([](Scheduling& s) { s.pod_affinity = {app("web")}; });
  EXPECT_THAT(of("n2"), IsEmpty());
  EXPECT_THAT(of("n3"), ElementsAre("its pod affinity (app In (web)) finds no such pod in kubernetes.io/hostname=n3"));
}

// Pods that are no launchers keep VMs away, are kept away, and are looked for as any other neighbour.
TEST_F(Neighbours, NeedNotBeVirtualMachines) {
  w.add_pod("queue", "n2", {});
  w.change_pod("queue", [](Pod& p) { p.labels = labels({{"app", "queue"}}); });
  EXPECT_THAT(of("n2"), IsEmpty());
  scheduling([](Scheduling& s) { s.pod_anti_affinity = {app("queue")}; });
  EXPECT_THAT(of("n2"), ElementsAre(HasSubstr("its anti-affinity (app In (queue)) forbids the neighbour pod vms/queue")));
  scheduling([](Scheduling& s) {
    s.pod_anti_affinity = {};
    s.pod_affinity = {app("queue")};
  });
  EXPECT_THAT(of("n2"), IsEmpty());
  scheduling([](Scheduling& s) { s.pod_affinity = {}; });
  w.change_pod("queue", [](Pod& p) {
    Scheduling keeps;
    keeps.pod_anti_affinity = {app("db")};
    p.scheduling = std::make_shared<const Scheduling>(keeps);
  });
  EXPECT_THAT(of("n2"), ElementsAre(HasSubstr("pod vms/queue forbids it by its anti-affinity (app In (db))")));
}

TEST_F(Neighbours, DoNotRelyOnArrivalsForAffinity) {
  w.add_vm("web", "n1");
  w.add_migration("m1", "web", "n2");
  scheduling([](Scheduling& s) { s.pod_affinity = {app("web")}; });
  EXPECT_EQ(of("n2").size(), 1U);
  w.bind_target("m1");
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Neighbours, AskOnePodToMeetAllAffinityTerms) {
  w.add_vm("web", "n2");
  w.add_vm("cache", "n2");
  scheduling([](Scheduling& s) { s.pod_affinity = {app("web"), app("cache")}; });
  EXPECT_EQ(of("n2").size(), 2U);  // as kube-scheduler has it
}

TEST_F(Neighbours, NeedTheTopologyLabelForAffinityOnly) {
  w.add_vm("web", "n2");
  scheduling([](Scheduling& s) {
    s.pod_affinity = {app("web", "rack")};
    s.pod_anti_affinity = {app("web", "rack")};
  });
  EXPECT_THAT(of("n2"), ElementsAre("its pod affinity needs label rack, which the node lacks"));
}

TEST_F(Neighbours, DoNotVouchForUnreadableAffinity) {
  w.add_vm("web", "n2");
  scheduling([](Scheduling& s) {
    s.pod_affinity = {app("web")};
    s.pod_affinity[0].unreadable = true;
  });
  EXPECT_THAT(of("n2"), ElementsAre("its pod affinity (app In (web)) uses a part that Drover does not evaluate"));
}

TEST_F(Neighbours, ForgetPodsThatAreOver) {
  w.add_vm("web", "n2", {}, [](Pod& pod) { pod.phase = PodPhase::Succeeded; });
  scheduling([](Scheduling& s) { s.pod_anti_affinity = {app("web")}; });
  EXPECT_THAT(of("n2"), IsEmpty());
}

}  // namespace
}  // namespace drover::test
