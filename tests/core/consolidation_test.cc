// Consolidation policies in the core: the pool that a strategy is shown, and what becomes of its advice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/node_life.h"
#include "dictated.h"

namespace drover::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(Consolidation, NodesThatItTookOutOfServiceMayReceiveAndThoseOfOthersMayNot) {
  const auto rests = [&](const char* name, NodeLife life, bool ready, const char* policy_uid = "uid-pack") {
    h.world.change_node(name, [&](Node& n) {
      n.marks = {.life = life, .since = h.world.now, .policy_uid = policy_uid, .cordoned = true};
      n.unschedulable = true;
      n.ready = ready;
    });
  };
  rests("n2", NodeLife::Asleep, false);
  rests("n3", NodeLife::Empty, true);
  rests("n4", NodeLife::Empty, false);
  for (const char* node : {"n5", "n6"}) h.world.add_node(node);
  rests("n5", NodeLife::Waking, false);
  h.world.add_policy("/other", [](Policy& p) {
    p.ref.key = {"", "other"};
    p.spec.settings = ConsolidationSettings{.interval = hours{1}};
  });
  rests("n6", NodeLife::Empty, true, "uid-other");
  h.world.change_node("n1", [](Node& n) { n.unschedulable = true; });
  h.lead();
  ASSERT_THAT(script.pools, SizeIs(2)) << "of other, and of pack";
  std::vector<bool> receives;
  for (const PoolNode& node : script.pools[1].nodes) receives.push_back(node.receives);
  EXPECT_THAT(receives, ElementsAre(false, true, true, false, true, false))
      << "n1 is cordoned by someone else, n4 is broken, and what another policy put to rest is its own";
}

TEST_F(Consolidation, FiguresAreAsOldAsTheyWereWhenTheyWereSampledAndSinceThen) {
  h.use_age = seconds{30};
  h.lead();
  h.pass(minutes{5});
  ASSERT_FALSE(script.pools.empty());
  for (const Pool& pool : script.pools) {
    EXPECT_GE(pool.sample_age, seconds{30});
    EXPECT_LE(pool.sample_age, seconds{30} + CoreOptions{}.use_max_age);
  }
}

TEST_F(Consolidation, NeverMoreNodesOfAZoneRestThanTheSettingsAllow) {
  settings([](ConsolidationSettings& s) {
    s.reserve_nodes = 0;
    s.power_down.max_resting_nodes = 2;
  });
  script.orders = {{"n3", NodeOrder::Act::Retire}, {"n4", NodeOrder::Act::Retire}, {"n2", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(minutes{10});
  EXPECT_EQ(std::count_if(h.marks.begin(), h.marks.end(), [](const MarkNode& m) { return m.marks.life == NodeLife::Retiring; }), 2);
  EXPECT_THAT(held_up(), HasSubstr("powerDown.maxResting"));
}

TEST_F(Consolidation, ANodeWhoseMarkIsRefusedHoldsUpNoOther) {
  settings([](ConsolidationSettings& s) {
    s.reserve_nodes = 0;
    s.power_down.max_resting_nodes = 2;
  });
  h.refused_marks = {"n3"};
  script.orders = {{"n3", NodeOrder::Act::Retire}, {"n4", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(minutes{1});
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_NE(life("n4"), NodeLife::Active);
}

TEST_F(Consolidation, TheReserveStaysOn) {
  settings([](ConsolidationSettings& s) { s.reserve_nodes = 3; });
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(minutes{10});
  EXPECT_THAT(h.marks, IsEmpty());
  EXPECT_THAT(held_up(), HasSubstr("reserve"));
}

// Or it would be taken back for the next pod that finds no place, and retired again.
TEST_F(Consolidation, ANodeStaysOnWhenTheOthersMayRunNoMorePods) {
  for (const char* node : {"n2", "n3", "n4"}) {
    h.world.change_node(node, [&](Node& n) { n.allocatable["pods"] = n.name == "n2" ? 1 : 0; });
  }
  script.orders = {{"n1", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(seconds{2});
  EXPECT_EQ(life("n1"), NodeLife::Active);
  EXPECT_THAT(script.pools.at(0).nodes.at(0).keeps_on, HasSubstr("may run no more pods"));
  h.world.change_node("n4", [](Node& n) { n.allocatable["pods"] = 1; });
  h.step(ViewChanged{});
  h.pass(minutes{1});
  EXPECT_NE(life("n1"), NodeLife::Active);
}

TEST_F(Consolidation, ANodeIsNotRetiredForMovesToWhereNoMorePodMayRun) {
  h.world.change_node("n2", [](Node& n) { n.allocatable["pods"] = 1; });
  script.orders = {{"n1", NodeOrder::Act::Retire}};
  script.moves = {{"a", "n2"}};
  h.lead();
  h.pass(seconds{2});
  EXPECT_EQ(life("n1"), NodeLife::Active);
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_THAT(h.round().notes,
              Contains(HasSubstr("node n1 stays in service: the nodes that its VMs would go to may run no more pods")));
  h.world.change_node("n2", [](Node& n) { n.allocatable["pods"] = 2; });
  h.pass(minutes{1});
  EXPECT_NE(life("n1"), NodeLife::Active);
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(Consolidation, ANodeWithAPodOfAnotherWorkloadIsNeitherRetiredNorEmptied) {
  h.world.add_pod("shop/web", "n3", {}, [](Pod& pod) { pod.owner = PodOwner::Workload; });
  h.world.add_pod("proxy", "n4", {});
  h.world.add_pod("volume", "n4", {}, [](Pod& pod) { pod.owner = PodOwner::Vm; });
  settings([](ConsolidationSettings& s) {
    s.reserve_nodes = 0;
    s.power_down.drain.evicts = false;
  });
  script.orders = {{"n3", NodeOrder::Act::Retire}, {"n4", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(minutes{2});
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_EQ(life("n4"), NodeLife::Empty);
  EXPECT_EQ(script.pools.back().nodes.at(2).keeps_on,
            "pod shop/web runs on it, and only virtual machines are moved (spec.consolidation.powerDown.drain.pods)");
  EXPECT_THAT(held_up(), HasSubstr("n3: pod shop/web runs on it"));
}

TEST_F(Consolidation, ANodeThatAPodOfAnotherWorkloadHasComeToServesAgain) {
  settings([](ConsolidationSettings& s) {
    s.reserve_nodes = 0;
    s.power_down.drain.evicts = false;
  });
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(minutes{1});
  ASSERT_EQ(life("n3"), NodeLife::Empty);
  h.world.add_pod("shop/web", "n3", {}, [](Pod& pod) { pod.owner = PodOwner::Workload; });
  h.step(ViewChanged{});
  h.pass(minutes{2});
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

class ConsolidationFromN4 : public Consolidation {
 protected:
  ConsolidationFromN4() : Consolidation(on_n4()) {}
  static CoreOptions on_n4() {
    CoreOptions with;
    with.own_node = "n4";
    return with;
  }
};

TEST_F(ConsolidationFromN4, NodesOfTheControlPlaneAndOfStorageThoseToKeepAndItsOwnAreNeverEmptied) {
  settings([](ConsolidationSettings& s) { s.reserve_nodes = 0; });
  for (const char* node : {"n5", "n6", "n7", "n8", "n9"}) h.world.add_node(node);
  const auto label = [&](const char* node, const char* name) {
    h.world.change_node(node, [&](Node& n) { n.labels.set(name, ""); });
  };
  label("n1", "node-role.kubernetes.io/control-plane");
  label("n2", "node-role.kubernetes.io/storage");
  label("n3", "drover.dev/keep-on");
  for (const char* node : {"n1", "n2", "n3", "n4", "n5"}) script.orders.emplace_back(node, NodeOrder::Act::Retire);
  h.lead();
  h.pass(minutes{5});
  std::vector<std::string> retired;
  for (const MarkNode& mark : h.marks) {
    if (mark.marks.life == NodeLife::Retiring) retired.push_back(mark.node);
  }
  EXPECT_THAT(retired, ElementsAre("n5"));
  ASSERT_FALSE(script.pools.empty());
  std::vector<std::string> why;
  for (std::size_t i = 0; i < 5; ++i) why.push_back(script.pools[0].nodes[i].keeps_on);
  EXPECT_THAT(why, ElementsAre("it is of the control plane", "it is a storage node", "its label drover.dev/keep-on says so",
                               "Drover runs on it", ""));
}

TEST_F(Consolidation, RecommendMarksNothingAndMovesNothing) {
  h.world.change_policy("/pack", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  script.orders = {{"n1", NodeOrder::Act::Retire}};
  script.moves = {{"a", "n2"}};
  h.lead();
  h.pass(minutes{5});
  EXPECT_THAT(h.marks, IsEmpty());
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_THAT(h.dry_runs, SizeIs(1));
  EXPECT_EQ(h.decision("a").reason, Reason::Consolidated);
}

TEST_F(Consolidation, AnotherPolicysScheduleHoldsAgainstPacking) {
  h.world.add_policy("calm", [](Policy& p) { p.spec.schedule = {{.cron = "0 3 * * *", .duration = hours{1}}}; });
  script.moves = {{"a", "n2"}};
  h.lead();
  h.pass(minutes{3});
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("a").reason, Reason::OutsideSchedule);
  EXPECT_FALSE(script.pools.back().vms[0].movable_now);
}

TEST_F(Consolidation, AnotherPolicysCooldownHoldsAgainstPacking) {
  h.world.add_policy("calm", [&](Policy& p) {
    p.spec.per_vm.cooldown = hours{1};
    p.status.moves = {{.vm = "a",
                       .vm_uid = "uid-a",
                       .migration_uid = "m",
                       .source = "n3",
                       .target = "n1",
                       .started = h.world.now - minutes{31},
                       .ended = h.world.now - minutes{30},
                       .result = MoveResult::Succeeded}};
  });
  script.moves = {{"a", "n2"}};
  h.lead();
  h.pass(minutes{3});
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("a").reason, Reason::CoolingDown);
  EXPECT_THAT(h.decision("a").message, HasSubstr("vms/calm"));
  EXPECT_FALSE(script.pools.back().vms[0].movable_now);
  h.pass(minutes{28});
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(Consolidation, AMoveThatTheTargetCannotTakeIsNotMade) {
  h.world.change_node("n2", [](Node& n) { n.allocatable["memory"] = 6 * kGi; });
  script.moves = {{"a", "n2"}};
  h.lead();
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("a").reason, Reason::NoFeasibleNode);
  EXPECT_THAT(h.decision("a").message, HasSubstr("memory"));
}

TEST_F(Consolidation, ThePoolTellsDemandReservationsAndWhatCannotMove) {
  h.world.add_vm("fixed", "n2", [](Vm& vm) {
    vm.live_migratable = false;
    vm.not_migratable_reason = "DisksNotLiveMigratable";
  });
  h.world.add_pod("daemon", "n1", {{"cpu", 1000}, {"memory", kGi}});
  h.lead();
  ASSERT_THAT(script.pools, SizeIs(1));
  const Pool& pool = script.pools[0];
  ASSERT_THAT(pool.nodes, SizeIs(4));
  EXPECT_DOUBLE_EQ(pool.nodes[0].capacity.cpu, 15);
  EXPECT_DOUBLE_EQ(pool.nodes[0].capacity.memory, 63.0 * kGi);
  EXPECT_THAT(pool.nodes[1].keeps_on, HasSubstr("vms/fixed cannot be moved"));
  ASSERT_THAT(pool.vms, SizeIs(3));
  EXPECT_DOUBLE_EQ(pool.vms[0].demand.cpu, 1);
  EXPECT_DOUBLE_EQ(pool.vms[0].reserved.memory, 4.25 * kGi);
  EXPECT_TRUE(pool.vms[0].movable_now);
  EXPECT_FALSE(pool.vms[2].movable);
  EXPECT_FALSE(pool.vms[2].measured);
  EXPECT_TRUE(script.first_may_go_to_second);
}

// Packed nodes would be spread again by the owner's policy, and packed again.
TEST_F(Consolidation, ANodeWithAVmThatItsOwnersPolicyWouldMoveIsNotEmptied) {
  const auto kept = [&](PolicyMode mode, double value, Duration longer) {
    h.world.add_policy("hot", [&](Policy& p) {
      p.spec.mode = mode;
      p.spec.schedule = {{.cron = "0 3 * * *", .duration = hours{1}}};  // so that it stays where it is
    });
    h.signal = {{key_of("a"), value}};
    h.pass(longer);
    return script.pools.back().nodes.at(0).keeps_on;
  };
  h.lead();
  EXPECT_EQ(kept(PolicyMode::Enforce, 0.1, minutes{10}), "") << "not in breach";
  EXPECT_EQ(kept(PolicyMode::Recommend, 0.99, minutes{10}), "") << "nobody would move it";
  EXPECT_THAT(kept(PolicyMode::Enforce, 0.99, minutes{10}), HasSubstr("vms/a"));
  EXPECT_EQ(script.pools.back().nodes.at(1).keeps_on, "");
}

// Or the strategy would count on moves that are not made, round after round.
TEST_F(Consolidation, ThePoolTellsWhatMayNotMoveNow) {
  h.world.add_budget("guard", Selector{{{.key = "app", .values = {"b"}}}}, 0);
  h.world.add_vm("c", "n1");
  h.dry_run_answer = h.create_answer = Error{ErrorClass::Invalid, "no"};
  script.moves = {{"c", "n3"}};
  settings([](ConsolidationSettings& s) { s.interval = seconds{5}; });
  h.lead();
  h.pass(seconds{5});
  EXPECT_EQ(h.decision("c").reason, Reason::Refused);
  const Pool& pool = script.pools.back();
  ASSERT_THAT(pool.vms, SizeIs(3));
  EXPECT_TRUE(pool.vms[0].movable_now);
  EXPECT_FALSE(pool.vms[1].movable_now) << "its PodDisruptionBudget allows no disruption";
  EXPECT_TRUE(pool.vms[1].movable);
  EXPECT_FALSE(pool.vms[2].movable_now) << "KubeVirt has refused it a moment ago";
}

TEST_F(Consolidation, AMoveUnderWayIsToldOfOnce) {
  script.moves = {{"a", "n2"}};
  h.lead();
  h.pass(seconds{2});
  ASSERT_THAT(h.creates, SizeIs(1));
  h.show_created();
  h.pass(seconds{2});
  const std::size_t decided = h.decided;
  h.pass(seconds{5});
  EXPECT_EQ(h.decision("a").reason, Reason::Moving);
  EXPECT_EQ(h.decided, decided);
}

}  // namespace
}  // namespace drover::test
