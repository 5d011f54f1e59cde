#include "core/feasibility.h"

#include <gmock/gmock.h>

#include "core/world.h"

namespace drover::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// VM db on n1; n2 is free.
class Obstacles : public ::testing::Test {
 protected:
  Obstacles() {
    w.add_node("n1");
    w.add_node("n2");
    w.add_vm("db", "n1");
  }
  [[nodiscard]] std::vector<std::string> of(const std::string& node, const std::string& vm = "db") const {
    return obstacles(w.view, w.vm_ref(vm), w.node_ref(node), Plan(w.view), allowed);
  }
  void scheduling(const std::function<void(Scheduling&)>& edit) { w.change_scheduling("db", edit); }
  void node(const std::function<void(Node&)>& edit) { w.change_node("n2", edit); }

  World w;
  std::vector<const Targets*> allowed;
};

TEST_F(Obstacles, AreNoneOnAFreeNodeAlike) {
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Obstacles, KeepItFromWhereItIs) {
  EXPECT_THAT(of("n1"), ElementsAre("it runs there already"));
}

TEST_F(Obstacles, NameACordonOnce) {
  node([](Node& n) {
    n.unschedulable = true;
    n.taints = {{"node.kubernetes.io/unschedulable", "", "NoSchedule"}};
  });
  EXPECT_THAT(of("n2"), ElementsAre("the node is cordoned"));
  scheduling([](Scheduling& s) { s.tolerations = {{"", "Exists", "", ""}}; });
  EXPECT_THAT(of("n2"), ElementsAre("the node is cordoned")) << "a cordon holds whatever is tolerated";
}

TEST_F(Obstacles, NameANodeThatIsNotReadyOnce) {
  node([](Node& n) {
    n.ready = false;
    n.taints = {{"node.kubernetes.io/not-ready", "", "NoSchedule"}, {"node.kubernetes.io/not-ready", "", "NoExecute"}};
  });
  EXPECT_THAT(of("n2"), ElementsAre("the node is not Ready"));
}

// KubeVirt's label tells of it five minutes later.
TEST_F(Obstacles, NameANodeWhoseVirtHandlerIsNotReady) {
  const auto handler = [&](const std::string& name, bool ready, bool terminating) {
    w.add_pod(name, "n2", {}, [&](Pod& pod) { pod.handler_ready = ready, pod.terminating = terminating; });
  };
  EXPECT_THAT(of("n2"), IsEmpty()) << "where no node has one nothing is known";
  w.add_pod("elsewhere", "n1", {}, [](Pod& pod) { pod.handler_ready = true; });
  EXPECT_THAT(of("n2"), ElementsAre("no virt-handler is Ready on it, so no copy would arrive")) << "it has none";
  handler("old", true, false);
  EXPECT_THAT(of("n2"), IsEmpty());
  handler("old", true, true);
  EXPECT_THAT(of("n2"), ElementsAre("no virt-handler is Ready on it, so no copy would arrive"));
  handler("new", false, false);
  EXPECT_THAT(of("n2"), ElementsAre("no virt-handler is Ready on it, so no copy would arrive"));
  handler("new", true, false);
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Obstacles, NameANodeThatKubeVirtDoesNotUse) {
  node([](Node& n) { n.labels.set("kubevirt.io/schedulable", "false"); });
  EXPECT_THAT(of("n2"), ElementsAre("KubeVirt does not run virtual machines there: label kubevirt.io/schedulable is not true"));
}

TEST_F(Obstacles, NameANodeThatCannotBeNamed) {
  node([](Node& n) {
    n.labels = labels({{"kubevirt.io/schedulable", "true"},
                       {"kubernetes.io/arch", "amd64"},
                       {"cpu-model-migration.node.kubevirt.io/Skylake", "true"},
                       {"cpu-feature.node.kubevirt.io/vmx", "true"},
                       {"cpu-vendor.node.kubevirt.io/Intel", "true"}});
  });
  EXPECT_THAT(of("n2"), ElementsAre("the node has no label kubernetes.io/hostname by which a target can be named"));
}

TEST_F(Obstacles, NameTheTaintsOfANodeThatIsNeitherCordonedNorUnreadyByNow) {
  node([](Node& n) {
    n.taints = {{"node.kubernetes.io/unschedulable", "", "NoSchedule"}, {"node.kubernetes.io/not-ready", "", "NoSchedule"}};
  });
  EXPECT_EQ(of("n2").size(), 2U) << "the scheduler goes by the taints";
}

TEST_F(Obstacles, NameTaintsThatAreNotTolerated) {
  node([](Node& n) {
    n.taints = {{"dedicated", "gpu", "NoSchedule"}, {"kubevirt.io/drain", "", "NoExecute"}, {"soft", "", "PreferNoSchedule"}};
  });
  EXPECT_THAT(of("n2"),
              ElementsAre("taint dedicated=gpu:NoSchedule is not tolerated", "taint kubevirt.io/drain:NoExecute is not tolerated"));
  scheduling([](Scheduling& s) {
    s.tolerations = {{"dedicated", "Equal", "gpu", "NoSchedule"}, {"kubevirt.io/drain", "Exists", "", ""}};
  });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Obstacles, NameLabelsThatTheVmSelects) {
  w.change_vm("db", [](Vm& vm) { vm.node_selector = labels({{"pool", "fast"}}); });
  EXPECT_THAT(of("n2"), ElementsAre("label pool=fast is needed; the node has no such label"));
  node([](Node& n) { n.labels.set("pool", "slow"); });
  EXPECT_THAT(of("n2"), ElementsAre("label pool=fast is needed; the node has pool=slow"));
  node([](Node& n) { n.labels.set("pool", "fast"); });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Obstacles, NameLabelsThatKubeVirtPutIntoThePod) {
  scheduling([](Scheduling& s) { s.node_selector.set("machine-type.node.kubevirt.io/q35", "true"); });
  EXPECT_THAT(of("n2"), ElementsAre("label machine-type.node.kubevirt.io/q35=true is needed; the node has no such label"));
}

TEST_F(Obstacles, KeepAVmThatPinsItselfToAHost) {
  w.change_vm("db", [](Vm& vm) { vm.node_selector = labels({{"kubernetes.io/hostname", "n1"}}); });
  EXPECT_THAT(of("n2"), ElementsAre("label kubernetes.io/hostname=n1 is needed; the node has kubernetes.io/hostname=n2"));
}

// The pod that came with a migration carries that migration's selector; the next pod is rendered from the VMI and does not.
TEST_F(Obstacles, DoNotCountTheHostNameOfAnEarlierMigration) {
  w.add_node("n3");
  w.add_migration("m1", "db", "n2");
  w.bind_target("m1");
  w.finish("m1");
  ASSERT_EQ(w.vm_ref("db").node, "n2");
  EXPECT_THAT(of("n1"), IsEmpty());
  EXPECT_THAT(of("n3"), IsEmpty());
  w.erase_migration("m1");  // KubeVirt keeps five of them
  EXPECT_THAT(of("n3"), IsEmpty());
}

TEST_F(Obstacles, DoNotCountWhatAnEarlierMigrationAdded) {
  w.change_node("n2", [](Node& n) { n.labels.set("rack", "7"); });
  w.add_migration("m1", "db", "n2", [](Migration& m) { m.added_node_selector.set("rack", "7"); });
  w.bind_target("m1");
  w.finish("m1");
  EXPECT_THAT(of("n1"), IsEmpty());
}

TEST_F(Obstacles, CountTheHostNameOfAPodThatCameWithNoMigration) {
  scheduling([](Scheduling& s) { s.node_selector.set("kubernetes.io/hostname", "n1"); });  // from the whole cluster's selectors
  EXPECT_EQ(of("n2").size(), 1U);
}

TEST_F(Obstacles, CountTheVmsOwnDemandEvenWhenAMigrationAddedTheSame) {
  w.change_vm("db", [](Vm& vm) { vm.node_selector = labels({{"rack", "7"}}); });
  w.change_node("n2", [](Node& n) { n.labels.set("rack", "7"); });
  w.add_migration("m1", "db", "n2", [](Migration& m) { m.added_node_selector.set("rack", "7"); });
  w.bind_target("m1");
  w.finish("m1");
  EXPECT_THAT(of("n1"), ElementsAre("label rack=7 is needed; the node has no such label"));
}

TEST_F(Obstacles, AskForTheCpuOfTheSourceAtTheFirstMigration) {
  node([](Node& n) {
    n.labels = labels({{"kubernetes.io/hostname", "n2"},
                       {"kubernetes.io/arch", "amd64"},
                       {"kubevirt.io/schedulable", "true"},
                       {"cpu-vendor.node.kubevirt.io/AMD", "true"}});
  });
  EXPECT_THAT(of("n2"), ElementsAre("label cpu-feature.node.kubevirt.io/vmx=true is needed; the node has no such label",
                                    "label cpu-model-migration.node.kubevirt.io/Skylake=true is needed; the node has no such label",
                                    "label cpu-vendor.node.kubevirt.io/Intel=true is needed; the node has no such label"));
}

TEST_F(Obstacles, AskForTheCpuOfTheFirstSourceLater) {
  // It started on a Broadwell, whose selector came along, and is on n1, a Skylake, now.
  scheduling([](Scheduling& s) { s.node_selector.set("cpu-model-migration.node.kubevirt.io/Broadwell", "true"); });
  EXPECT_THAT(of("n2"),
              ElementsAre("label cpu-model-migration.node.kubevirt.io/Broadwell=true is needed; the node has no such label"));
  node([](Node& n) {
    n.labels.set("cpu-model-migration.node.kubevirt.io/Broadwell", "true");
    n.labels.set("cpu-feature.node.kubevirt.io/vmx", "false");  // of n1's own features, not asked any more
  });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Obstacles, AskForNoHostModelOfAVmWithAModelOfItsOwn) {
  w.change_vm("db", [](Vm& vm) { vm.host_model_cpu = false; });
  node([](Node& n) {
    n.labels = labels({{"kubernetes.io/hostname", "n2"},
                       {"kubernetes.io/arch", "amd64"},
                       {"kubevirt.io/schedulable", "true"},
                       {"cpu-vendor.node.kubevirt.io/Intel", "true"}});
  });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Obstacles, KeepTheCpuVendorFromKubeVirt18OnOnly) {
  node([](Node& n) {
    n.labels = labels({{"kubernetes.io/hostname", "n2"},
                       {"kubernetes.io/arch", "amd64"},
                       {"kubevirt.io/schedulable", "true"},
                       {"cpu-model-migration.node.kubevirt.io/Skylake", "true"},
                       {"cpu-feature.node.kubevirt.io/vmx", "true"}});
  });
  EXPECT_THAT(of("n2"), ElementsAre(HasSubstr("cpu-vendor.node.kubevirt.io/Intel=true")));
  w.view.kubevirt.version = "v1.7.2";
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Obstacles, LeaveTheCpuVendorThatTheVmItselfAsksFor) {
  scheduling([](Scheduling& s) { s.node_selector.set("cpu-vendor.node.kubevirt.io/Intel", "true"); });
  w.change_node("n1", [](Node& n) { n.labels.set("cpu-vendor.node.kubevirt.io/Other", "true"); });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Obstacles, SayWhenTheSourceNodeIsGone) {
  w.view.nodes.erase({"", "n1"});
  EXPECT_THAT(of("n2"), ElementsAre("KubeVirt creates no target pod: its node n1 is not there any more"));
}

TEST_F(Obstacles, SayWhenKubeVirtCouldMakeNoTargetPod) {
  w.change_node("n1", [](Node& n) { n.labels = labels({{"kubernetes.io/hostname", "n1"}}); });
  EXPECT_THAT(of("n2"), ElementsAre("KubeVirt creates no target pod: node n1 does not tell its CPU model (no label "
                                    "host-model-cpu.node.kubevirt.io/*)"));
}

TEST_F(Obstacles, JudgeRequiredNodeAffinity) {
  scheduling([](Scheduling& s) {
    s.node_affinity = {{.expressions = {{"topology.kubernetes.io/zone", Requirement::Operator::In, {"b", "c"}}}},
                       {.expressions = {{"gpu", Requirement::Operator::Exists}}}};
  });
  EXPECT_THAT(of("n2"), ElementsAre("its node affinity (topology.kubernetes.io/zone In (b, c)) or (gpu Exists) does not match"));
  node([](Node& n) { n.labels.set("gpu", ""); });
  EXPECT_THAT(of("n2"), IsEmpty()) << "one term is enough";
}

TEST_F(Obstacles, JudgeNodeAffinityByName) {
  scheduling([](Scheduling& s) { s.node_affinity = {{.fields = {{"metadata.name", Requirement::Operator::NotIn, {"n2"}}}}}; });
  EXPECT_THAT(of("n2"), ElementsAre("its node affinity (metadata.name NotIn (n2)) does not match"));
  scheduling([](Scheduling& s) { s.node_affinity = {{.fields = {{"metadata.name", Requirement::Operator::In, {"n2"}}}}}; });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Obstacles, LetAnEmptyNodeAffinityTermMatchNothing) {
  scheduling([](Scheduling& s) { s.node_affinity = {{}}; });
  EXPECT_THAT(of("n2"), ElementsAre("its node affinity () does not match"));
}

TEST_F(Obstacles, DoNotVouchForHardTopologySpread) {
  scheduling([](Scheduling& s) { s.has_hard_topology_spread = true; });
  EXPECT_THAT(of("n2"), ElementsAre(HasSubstr("topology spread constraint")));
}

TEST_F(Obstacles, GiveTheFiguresOfWhatIsShort) {
  w.add_pod("full", "n2", {{"cpu", 14500}, {"memory", 62 * kGi}, {"devices.kubevirt.io/kvm", 1000}});
  EXPECT_THAT(of("n2"), ElementsAre("cpu: needs 2000m, 1500m free of 16000m", "devices.kubevirt.io/kvm: needs 1, 0 free of 1000",
                                    "memory: needs 4.25Gi, 2Gi free of 64Gi"));
}

TEST_F(Obstacles, LetAPodFillANodeToTheBrim) {
  w.add_pod("full", "n2", {{"cpu", 14000}});
  EXPECT_THAT(of("n2"), IsEmpty());
  w.add_pod("straw", "n2", {{"cpu", 1}});
  EXPECT_THAT(of("n2"), ElementsAre("cpu: needs 2000m, 1999m free of 16000m"));
}

TEST_F(Obstacles, GiveExactFiguresWhereRoundedOnesLookAlike) {
  w.add_pod("full", "n2", {{"memory", 64 * kGi - 4 * kGi - kGi / 4 + 1}});
  EXPECT_THAT(of("n2"), ElementsAre("memory: needs 4563402752, 4563402751 free of 68719476736"));
}

TEST_F(Obstacles, ShowNoLessThanNothingOnAnOvercommittedNode) {
  w.add_pod("full", "n2", {{"cpu", 20000}});
  EXPECT_THAT(of("n2"), ElementsAre("cpu: needs 2000m, 0m free of 16000m"));
}

TEST_F(Obstacles, NameADeviceThatTheNodeLacks) {
  node([](Node& n) { n.allocatable.erase("devices.kubevirt.io/kvm"); });
  EXPECT_THAT(of("n2"), ElementsAre("devices.kubevirt.io/kvm: needs 1, 0 free of 0"));
}

TEST_F(Obstacles, AskForNothingWhereNothingIsRequested) {
  w.change_launcher("db", [](Pod& p) { p.requests["cpu"] = 0; });
  w.add_pod("full", "n2", {{"cpu", 20000}});
  EXPECT_THAT(of("n2"), IsEmpty()) << "as the scheduler has it";
}

TEST_F(Obstacles, CountPods) {
  node([](Node& n) { n.allocatable["pods"] = 2; });
  w.add_pod("one", "n2", {});
  EXPECT_THAT(of("n2"), IsEmpty());
  w.add_pod("two", "n2", {});
  EXPECT_THAT(of("n2"), ElementsAre("pods: needs 1, 0 free of 2"));
}

TEST_F(Obstacles, NameThePodThatHasAPortOfTheNode) {
  const auto with = [](const HostPort& port) { return [port](Scheduling& s) { s.host_ports = {port}; }; };
  const auto beside = [&](const HostPort& theirs) {
    Scheduling scheduling;
    scheduling.host_ports = {theirs};
    w.add_pod("proxy", "n2", {}, [&](Pod& pod) { pod.scheduling = std::make_shared<const Scheduling>(scheduling); });
    return of("n2");
  };
  EXPECT_THAT(beside({.port = 443}), IsEmpty()) << "it asks for none";
  scheduling(with({.port = 443}));
  EXPECT_THAT(of("n2"), ElementsAre("pod vms/proxy has the node's port 443"));
  EXPECT_THAT(beside({.port = 80}), IsEmpty());
  EXPECT_THAT(beside({.protocol = "UDP", .port = 443}), IsEmpty());
  EXPECT_EQ(beside({.ip = "10.0.0.1", .port = 443}).size(), 1U) << "it asks for the port of every address";
  scheduling(with({.ip = "10.0.0.2", .port = 443}));
  EXPECT_THAT(of("n2"), IsEmpty());
  EXPECT_EQ(beside({.port = 443}).size(), 1U) << "the other has the port of every address";
}

TEST_F(Obstacles, KeepAPortForAnArrivalThatAsksForIt) {
  const auto asks = [](Scheduling& s) { s.host_ports = {{.port = 443}}; };
  scheduling(asks);
  w.add_vm("web", "n1");
  w.change_scheduling("web", asks);
  EXPECT_THAT(of("n2"), IsEmpty());
  w.add_migration("m1", "web", "n2");
  EXPECT_EQ(of("n2").size(), 1U);
}

TEST_F(Obstacles, CountArrivalsWhoseRoomIsNotTakenYet) {
  node([](Node& n) {
    n.allocatable["cpu"] = 3000;
    n.allocatable["pods"] = 1;
  });
  w.add_vm("web", "n1");
  w.add_migration("m1", "web", "n2");
  EXPECT_THAT(of("n2"), ElementsAre("cpu: needs 2000m, 1000m free of 3000m", "pods: needs 1, 0 free of 1"));
  w.bind_target("m1");  // the view has it now: it isn't counted twice
  EXPECT_THAT(of("n2"), ElementsAre("cpu: needs 2000m, 1000m free of 3000m", "pods: needs 1, 0 free of 1"));
}

TEST_F(Obstacles, CountArrivalsWhereTheyArrive) {
  node([](Node& n) { n.allocatable["cpu"] = 4000; });
  w.add_node("n3");
  w.add_vm("web", "n1");
  w.add_vm("cache", "n1");
  w.add_migration("m1", "web", "n2");
  w.add_migration("m2", "cache", "n3");
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Obstacles, DoNotCountTheVmsOwnPlannedMove) {
  node([](Node& n) { n.allocatable["cpu"] = 3000; });
  Plan plan(w.view);
  plan.add({.vm = {"vms", "db"}, .source = "n1", .target = "n2", .ours = true});
  EXPECT_THAT(obstacles(w.view, w.vm_ref("db"), w.node_ref("n2"), plan, {}), IsEmpty());
}

TEST_F(Obstacles, HoldEveryPolicysTargets) {
  const Targets fast{.node_selector = labels({{"pool", "fast"}})};
  const Targets zones{.zones = {"b", "c"}};
  const Targets same = fast;
  allowed = {&fast, &zones, &same};
  EXPECT_THAT(of("n2"), ElementsAre("not a target of the policy: label pool=fast is needed; the node has no such label",
                                    "not a target of the policy: zone a is not among its zones"));
  node([](Node& n) {
    n.labels.set("pool", "fast");
    n.labels.set("topology.kubernetes.io/zone", "c");
  });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Obstacles, KnowNothingWithoutItsPod) {
  w.erase_pod({"vms", "virt-launcher-db-0"});
  EXPECT_THAT(of("n2"), ElementsAre(HasSubstr("without exactly one launcher pod")));
}

TEST_F(Obstacles, AreTheSameAskedOnceOrManyTimes) {
  w.add_node("n3", [](Node& n) { n.unschedulable = true; });
  const Plan plan(w.view);
  const Feasibility feasibility(w.view, w.vm_ref("db"), plan, {});
  for (const auto& [key, node] : w.view.nodes) {
    EXPECT_EQ(feasibility.obstacles(*node), obstacles(w.view, w.vm_ref("db"), *node, plan, {}));
  }
}

}  // namespace
}  // namespace drover::test
