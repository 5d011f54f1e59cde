#include "core/make_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace drover::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

// Three nodes of 16 cores, VM "a" on n1, and ClusterMigrationPolicy "pack" without a reserve.
class PoolTest : public ::testing::Test {
 protected:
  PoolTest() {
    for (const char* node : {"n1", "n2", "n3"}) w.add_node(node);
    w.add_vm("a", "n1");
    use.vms[key_of("a")] = {.cpu_cores = 1, .memory_bytes = 1.0 * kGi};
    settings.reserve_nodes = 0;
    policy.ref = {.key = {"", "pack"}, .uid = "uid-pack"};
  }
  [[nodiscard]] Pool make() {
    roster.update(w.view);
    plan = Plan(w.view);
    ledger.emplace(w.view, std::vector<const MoveRecord*>{}, w.now);
    return make_pool({w.view, roster, lives, use, options, plan, *ledger, refusals, kept_on, w.now}, policy, settings);
  }
  [[nodiscard]] PoolVm vm(const std::string& name) {
    for (const PoolVm& one : make().vms) {
      if (one.key == key_of(name)) return one;
    }
    ADD_FAILURE() << name << " is not in the pool";
    return {};
  }
  [[nodiscard]] std::string keeps_on(std::size_t node) { return make().nodes.at(node).keeps_on; }

  World w;
  Roster roster;
  SeenLives lives;
  UseTable use;
  CoreOptions options;
  Plan plan;
  std::optional<Ledger> ledger;
  std::map<ObjectKey, Refusal> refusals;
  std::map<std::string, std::string> kept_on;
  Policy policy;
  ConsolidationSettings settings;
};

TEST_F(PoolTest, HasTheNodesThatRunVmsAndThoseThatRest) {
  const auto no_kubevirt = [](Node& n) { n.labels.set("kubevirt.io/schedulable", "false"); };
  w.change_node("n2", no_kubevirt);
  w.change_node("n3", no_kubevirt);
  w.change_node("n3", [](Node& n) { n.marks.life = NodeLife::Asleep; });
  const Pool pool = make();
  ASSERT_THAT(pool.nodes, SizeIs(2));
  EXPECT_EQ(pool.nodes[0].name, "n1");
  EXPECT_EQ(pool.nodes[1].name, "n3");
}

TEST_F(PoolTest, CountsAVmAtItsMostUntilItIsMeasured) {
  use.vms.clear();
  EXPECT_FALSE(vm("a").measured);
  EXPECT_EQ(vm("a").demand, (Amounts{2, 4.0 * kGi}));
  use.vms[key_of("a")] = {.cpu_cores = 0.5, .cpu_delay_cores = 0.25, .memory_bytes = 1.0 * kGi, .dirty_bytes_per_second = {}};
  EXPECT_TRUE(vm("a").measured);
  EXPECT_EQ(vm("a").demand, (Amounts{0.75, 1.0 * kGi}));
  EXPECT_EQ(vm("a").reserved, (Amounts{2, 4.25 * kGi})) << "what its pod requests, whatever it uses";
}

TEST_F(PoolTest, SaysHowOldTheFiguresAre) {
  use.sampled = w.now - seconds{20};
  use.age = seconds{10};
  EXPECT_EQ(make().sample_age, seconds{30});
}

TEST_F(PoolTest, HasVmsThatStartOnANodeAndNotThoseThatWaitForOne) {
  w.add_vm("waits", "", {}, [](Pod& pod) { pod.unschedulable = true; });
  w.add_vm("starts", "", {}, [](Pod& pod) { pod.node = "n2"; });
  w.add_vm("fresh", "");
  EXPECT_EQ(vm("starts").node, 1);
  EXPECT_THAT(make().vms, SizeIs(2)) << "nodes come back for the one that waits, and the scheduler has not looked at the fresh one";
}

TEST_F(PoolTest, LeavesOutVmsThatEndAndThoseOnNodesOutsideIt) {
  w.add_vm("ends", "n1", [](Vm& v) { v.terminating = true; });
  w.add_vm("over", "n1", [](Vm& v) { v.phase = VmPhase::Succeeded; });
  w.add_vm("elsewhere", "n2");
  w.change_node("n2", [](Node& n) { n.labels.set("kubevirt.io/schedulable", "false"); });
  EXPECT_THAT(make().vms, SizeIs(1));
}

TEST_F(PoolTest, KnowsWhereAMoveUnderWayGoes) {
  w.add_migration("m1", "a", "n3");
  EXPECT_EQ(vm("a").node, 0);
  EXPECT_EQ(vm("a").moving_to, 2);
}

TEST_F(PoolTest, ATargetThatFailedLatelyIsOutForTheRound) {
  const auto may_run = [&] {
    const Pool pool = make();
    return std::vector<bool>{pool.may_run(0, 0), pool.may_run(0, 1), pool.may_run(0, 2)};
  };
  EXPECT_THAT(may_run(), testing::ElementsAre(true, true, true));
  w.change_vm("a", [&](Vm& v) {
    v.migration = MigrationState{.migration_uid = "m", .source_node = "n1", .target_node = "n2", .failed = true};
    v.migration->started = v.migration->ended = w.now - minutes{5};
  });
  EXPECT_THAT(may_run(), testing::ElementsAre(true, false, true));
  w.now += minutes{5};
  EXPECT_THAT(may_run(), testing::ElementsAre(true, true, true));
}

TEST_F(PoolTest, AVmThatCannotMoveKeepsItsNodeOn) {
  w.change_vm("a", [](Vm& vm) { vm.live_migratable = false; });
  EXPECT_THAT(keeps_on(0), HasSubstr("VM vms/a cannot be moved off it"));
}

TEST_F(PoolTest, AVmThatThePolicyDoesNotSelectKeepsItsNodeOn) {
  policy.spec.selector.requirements = {{.key = "app", .op = Requirement::Operator::In, .values = {"other"}}};
  EXPECT_FALSE(vm("a").movable);
  EXPECT_THAT(keeps_on(0), HasSubstr("VM vms/a on it is not selected by the policy"));
  EXPECT_EQ(keeps_on(1), "");
}

TEST_F(PoolTest, AVmThatRestsIsMovableButNotNow) {
  ASSERT_TRUE(vm("a").movable_now);
  w.add_policy("owner");
  w.change_vm("a", [&](Vm& v) {
    v.migration = MigrationState{.migration_uid = "m0", .source_node = "n2", .target_node = "n1", .completed = true};
    v.migration->started = w.now - minutes{2};
    v.migration->ended = w.now - minutes{1};
  });
  EXPECT_TRUE(vm("a").movable);
  EXPECT_FALSE(vm("a").movable_now);
  EXPECT_EQ(keeps_on(0), "") << "it will be moved later";
}

TEST_F(PoolTest, KeepsOnWhatMustNeverBeEmptied) {
  options.own_node = "n2";
  w.change_node("n3", [](Node& n) { n.labels.set("node-role.kubernetes.io/storage", ""); });
  EXPECT_EQ(keeps_on(0), "");
  EXPECT_EQ(keeps_on(1), "Drover runs on it");
  EXPECT_EQ(keeps_on(2), "it is a storage node");
  settings.nodes.requirements = {{.key = "kubernetes.io/hostname", .op = Requirement::Operator::In, .values = {"n2", "n3"}}};
  EXPECT_THAT(keeps_on(0), HasSubstr("spec.consolidation.nodes does not select it"));
}

TEST_F(PoolTest, WhatOtherPoliciesKeepOnNoLongerCountsOnceANodeLeaves) {
  kept_on["n1"] = "another policy needs it";
  EXPECT_EQ(keeps_on(0), "another policy needs it");
  w.change_node("n1", [](Node& n) { n.marks.life = NodeLife::Retiring; });
  EXPECT_EQ(keeps_on(0), "");
}

TEST_F(PoolTest, OtherPodsTakeCapacityDownToNone) {
  w.add_pod("daemon", "n1", {{"cpu", 17000}, {"memory", kGi}});
  EXPECT_EQ(make().nodes[0].capacity, (Amounts{0, 63.0 * kGi}));
}

TEST_F(PoolTest, OtherPodsTakePlacesOfVms) {
  w.change_node("n1", [](Node& n) { n.allocatable["pods"] = 20; });
  w.add_vm("a", "n1");
  w.add_pod("daemon", "n1", {{"cpu", 100}});
  EXPECT_EQ(make().nodes[0].most_vms, 19);
  w.change_vm("a", [](Vm& vm) { vm.terminating = true; });  // its pod is there, and it is not in the pool
  EXPECT_EQ(make().nodes[0].most_vms, 18);
}

TEST_F(PoolTest, KnowsWhereAVmMayEverRun) {
  w.change_node("n2", [](Node& n) { n.labels.set("cpu-model-migration.node.kubevirt.io/Skylake", "false"); });
  w.change_node("n2", [](Node& n) { n.taints.push_back({"dedicated", "gpu", "NoSchedule"}); });
  w.change_node("n3", [](Node& n) { n.ready = false; });
  const Pool pool = make();
  EXPECT_TRUE(pool.allows(0, 0)) << "where it is";
  EXPECT_FALSE(pool.allows(0, 1)) << "it does not tolerate the taint";
  EXPECT_TRUE(pool.allows(0, 2)) << "a node that is not ready now may be later";
}

TEST_F(PoolTest, AnswersForVmsWhoseVolumesLieElsewhereEachForItself) {
  w.add_vm("b", "n1");
  w.view.known_volumes = {.claims = true, .volumes = true, .csi_nodes = true};
  const auto scheduling = w.view.pods.begin()->second->scheduling;
  for (const std::string name : {"a", "b"}) {
    w.change_launcher(name, [&](Pod& p) {
      p.scheduling = scheduling;
      p.claims = {name};
    });
    w.put_claim(name, {name, VolumeClaim::State::Bound});
  }
  const auto volume_in = [&](const std::string& name, const std::string& zone) {
    const VolumeTraits traits{.node_affinity = {},
                              .zones = {{.key = "topology.kubernetes.io/zone", .op = Requirement::Operator::In, .values = {zone}}},
                              .csi_driver = ""};
    w.put_volume(name, {std::make_shared<const VolumeTraits>(traits), 0});
  };
  volume_in("a", "z2");
  volume_in("b", "z3");
  w.change_node("n2", [](Node& n) { n.labels.set("topology.kubernetes.io/zone", "z2"); });
  w.change_node("n3", [](Node& n) { n.labels.set("topology.kubernetes.io/zone", "z3"); });
  const Pool pool = make();
  EXPECT_TRUE(pool.allows(0, 1));
  EXPECT_FALSE(pool.allows(0, 2));
  EXPECT_FALSE(pool.allows(1, 1));
  EXPECT_TRUE(pool.allows(1, 2));
}

}  // namespace
}  // namespace drover::test
