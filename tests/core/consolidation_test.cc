// Consolidation policies in the core, under a strategy that the test dictates: what becomes of its advice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/node_life.h"
#include "harness.h"

namespace drover::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// What the next rounds advise, by name; and the pools that were shown.
struct Script {
  std::vector<std::pair<std::string, NodeOrder::Act>> orders;
  std::vector<std::pair<std::string, std::string>> moves;
  std::vector<Pool> pools;
  bool first_may_go_to_second = false;  // VM and node; the pool can be asked only while it is shown
};
Script script;

class Dictated final : public Strategy {
 public:
  Advice advise(const Pool& pool) override {
    script.pools.push_back(pool);
    script.first_may_go_to_second = pool.allows(0, 1);
    Advice advice;
    for (const auto& [node, act] : script.orders) advice.orders.push_back({index(pool, node), act, "the test says so"});
    for (const auto& [name, target] : script.moves) {
      for (std::size_t i = 0; i < pool.vms.size(); ++i) {
        if (pool.vms[i].key == key_of(name)) advice.moves.push_back({static_cast<int>(i), index(pool, target), false, "to pack"});
      }
    }
    return advice;
  }
  int place(const Pool&, int) override { return -1; }

 private:
  static int index(const Pool& pool, const std::string& node) {
    for (std::size_t i = 0; i < pool.nodes.size(); ++i) {
      if (pool.nodes[i].name == node) return static_cast<int>(i);
    }
    return -1;
  }
};

class Consolidation : public ::testing::Test {
 protected:
  Consolidation()
      : h(options(), [](const ConsolidationSettings&) -> std::unique_ptr<Strategy> { return std::make_unique<Dictated>(); }) {
    script = {};
    for (const char* node : {"n1", "n2", "n3", "n4"}) h.world.add_node(node);
    h.world.add_vm("a", "n1");
    h.world.add_vm("b", "n2");
    for (const char* vm : {"a", "b"}) h.uses(vm, 1);
    h.world.add_policy("/pack", [](Policy& p) {
      p.ref.key = {"", "pack"};
      p.spec.type = PolicyType::Consolidation;
      ConsolidationSettings settings;
      settings.interval = minutes{1};
      settings.power_down = {.enabled = true, .after = minutes{2}};
      p.spec.settings = settings;
    });
  }

  static CoreOptions options() {
    CoreOptions options;
    options.power_drivers = true;
    return options;
  }
  void settings(const std::function<void(ConsolidationSettings&)>& edit) {
    h.world.change_policy("/pack", [&](Policy& p) {
      edit(std::get<ConsolidationSettings>(p.spec.settings));
      ++p.generation;
    });
  }
  [[nodiscard]] NodeLife life(const std::string& node) const { return h.world.node_ref(node).marks.life; }
  void power(const std::string& node, bool on) {
    h.world.change_node(node, [&](Node& n) {
      n.powered = on;
      n.ready = on;
    });
    h.step(ViewChanged{});
  }

  Harness h;
};

TEST_F(Consolidation, ARetiringNodeIsTaintedAndItsVmsAreMovedAndThenItIsCordoned) {
  script.orders = {{"n1", NodeOrder::Act::Retire}};
  script.moves = {{"a", "n2"}};
  h.lead();
  ASSERT_THAT(h.creates, SizeIs(1));
  EXPECT_EQ(h.creates[0].target, "n2");
  EXPECT_EQ(h.creates[0].annotations.value_or(mark::kReason, ""), "to pack");
  EXPECT_EQ(h.decision("a").reason, Reason::Moving);
  EXPECT_EQ(h.world.node_ref("n1").taints.size(), 1U);
  EXPECT_FALSE(h.world.node_ref("n1").unschedulable);
  h.show_created();
  h.pass(seconds{2});
  EXPECT_EQ(life("n1"), NodeLife::Draining);
  h.finish_created();
  h.pass(seconds{2});
  EXPECT_EQ(life("n1"), NodeLife::Empty);
  EXPECT_TRUE(h.world.node_ref("n1").unschedulable);
  EXPECT_THAT(h.violations, IsEmpty());
}

TEST_F(Consolidation, AnEmptyNodeIsPoweredOffOnlyWhenItWasEmptyLongEnoughAndAsleepOnlyWhenItsDriverSaysSo) {
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(seconds{2});
  ASSERT_EQ(life("n3"), NodeLife::Empty);
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(minutes{1});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  h.pass(minutes{2});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
  ASSERT_THAT(h.power, SizeIs(1));
  EXPECT_FALSE(h.power[0].on);
  power("n3", false);
  h.pass(seconds{2});
  EXPECT_EQ(life("n3"), NodeLife::Asleep);
}

TEST_F(Consolidation, WithoutPowerDriversAnEmptyNodeStaysAsItIs) {
  Harness plain({}, [](const ConsolidationSettings&) -> std::unique_ptr<Strategy> { return std::make_unique<Dictated>(); });
  plain.world = h.world;
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  plain.lead();
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  plain.pass(hours{1});
  EXPECT_EQ(plain.world.node_ref("n3").marks.life, NodeLife::Empty);
  EXPECT_THAT(plain.power, IsEmpty());
}

TEST_F(Consolidation, ANodeThatDoesNotPowerOffOrWakeIsQuarantined) {
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(minutes{5});
  ASSERT_EQ(life("n3"), NodeLife::PoweringOff);
  h.pass(kPowerOffDeadline);
  EXPECT_EQ(life("n3"), NodeLife::Quarantined);
  EXPECT_TRUE(h.world.node_ref("n3").unschedulable);
}

TEST_F(Consolidation, ASleepingNodeIsWokenAndServesAgainWhenItIsReady) {
  h.world.change_node("n3", [&](Node& n) {
    n.marks = {.life = NodeLife::Asleep, .since = h.world.now, .policy_uid = "uid-pack", .reason = "", .cordoned = true};
    n.unschedulable = true;
    n.ready = false;
    n.powered = false;
  });
  script.orders = {{"n3", NodeOrder::Act::Wake}};
  h.lead();
  h.pass(seconds{2});
  EXPECT_EQ(life("n3"), NodeLife::Waking);
  ASSERT_THAT(h.power, SizeIs(1));
  EXPECT_TRUE(h.power[0].on);
  power("n3", true);
  h.pass(seconds{2});
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_FALSE(h.world.node_ref("n3").unschedulable);
  EXPECT_THAT(h.world.node_ref("n3").taints, IsEmpty());
}

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
    p.spec.type = PolicyType::Consolidation;
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

TEST_F(Consolidation, NeverMoreThanHalfOfAZoneIsOutOfService) {
  settings([](ConsolidationSettings& s) { s.reserve_nodes = 0; });
  script.orders = {{"n3", NodeOrder::Act::Retire}, {"n4", NodeOrder::Act::Retire}, {"n2", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(minutes{10});
  EXPECT_EQ(std::count_if(h.marks.begin(), h.marks.end(), [](const MarkNode& m) { return m.marks.life == NodeLife::Retiring; }), 2);
  ASSERT_THAT(h.core.rounds(), SizeIs(1));
  EXPECT_THAT(testing::PrintToString(h.core.rounds()[0].orders), HasSubstr("more than half"));
}

TEST_F(Consolidation, TheReserveStaysOn) {
  settings([](ConsolidationSettings& s) { s.reserve_nodes = 3; });
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(minutes{10});
  EXPECT_THAT(h.marks, IsEmpty());
  EXPECT_THAT(testing::PrintToString(h.core.rounds()[0].orders), HasSubstr("reserve"));
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
  h.world.change_node("n2", [](Node& n) { n.allocatable["pods"] = 2; });
  h.pass(minutes{1});
  EXPECT_NE(life("n1"), NodeLife::Active);
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(Consolidation, ControlPlaneStorageAndItsOwnNodeAreNeverEmptied) {
  h.world.change_node("n3", [](Node& n) { n.labels.set("node-role.kubernetes.io/control-plane", ""); });
  h.world.change_node("n4", [](Node& n) { n.labels.set("drover.dev/keep-on", ""); });
  script.orders = {{"n3", NodeOrder::Act::Retire}, {"n4", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(minutes{5});
  EXPECT_THAT(h.marks, IsEmpty());
  ASSERT_FALSE(script.pools.empty());
  EXPECT_EQ(script.pools[0].nodes[2].keeps_on, "it is of the control plane");
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

TEST_F(Consolidation, WhatAPolicyLeftOnNodesIsUndoneWhenItGoes) {
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(seconds{2});
  ASSERT_EQ(life("n3"), NodeLife::Empty);
  h.world.view.policies.clear();
  h.step(ViewChanged{});
  h.pass(seconds{2});
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_FALSE(h.world.node_ref("n3").unschedulable);
}

TEST_F(Consolidation, AnArrivalThatFindsNoNodeTakesARetiringOneBackAtOnce) {
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(seconds{12});
  ASSERT_EQ(life("n3"), NodeLife::Empty);
  script.orders = {};
  h.world.add_vm(
      "c", "", [](Vm& vm) { vm.phase = VmPhase::Scheduling; }, [](Pod& pod) { pod.unschedulable = true; });
  h.step(ViewChanged{});
  h.pass(seconds{2});
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

TEST_F(Consolidation, AClockThatIsPutBackStallsNeitherRoundsNorTheLivesOfNodes) {
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(seconds{2});
  ASSERT_EQ(life("n3"), NodeLife::Empty);
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  script.pools.clear();
  h.world.now -= hours{5};
  h.step(Tick{});
  h.pass(minutes{1});
  EXPECT_THAT(script.pools, SizeIs(1));
  h.pass(minutes{2});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
  power("n3", false);
  h.pass(seconds{2});
  EXPECT_EQ(life("n3"), NodeLife::Asleep);
}

TEST_F(Consolidation, AnArrivalIsHelpedThoughTheClockWasPutBack) {
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(seconds{12});
  ASSERT_EQ(life("n3"), NodeLife::Empty);
  script.orders = {};
  h.world.now -= hours{5};
  h.world.add_vm(
      "c", "", [](Vm& vm) { vm.phase = VmPhase::Scheduling; }, [](Pod& pod) { pod.unschedulable = true; });
  h.step(ViewChanged{});
  h.pass(seconds{12});
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

// A mark from before the clock was put back, as a new leader finds it: its time lies ahead.
TEST_F(Consolidation, ANewLeaderCountsAMarkThatLiesAheadFromWhenItSawIt) {
  h.world.change_node("n3", [&](Node& node) {
    node.marks = {.life = NodeLife::Empty, .since = h.world.now + hours{5}, .policy_uid = "uid-pack", .cordoned = true};
    node.unschedulable = true;
  });
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.lead();
  h.pass(minutes{3});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
}

TEST_F(Consolidation, AMarkThatWasRefusedIsTriedAgainAndNotBefore) {
  h.mark_answer = Error{ErrorClass::Retryable, "down"};
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(seconds{4});
  EXPECT_THAT(h.marks, SizeIs(1));
  h.mark_answer = std::string();
  h.pass(seconds{3});
  EXPECT_GE(h.marks.size(), 2U);
  EXPECT_EQ(life("n3"), NodeLife::Empty);
}

TEST_F(Consolidation, AnotherPolicysCooldownHoldsAgainstPacking) {
  h.world.add_policy("calm", [](Policy& p) { p.spec.schedule = {{.cron = "0 3 * * *", .duration = hours{1}}}; });
  script.moves = {{"a", "n2"}};
  h.lead();
  h.pass(minutes{3});
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("a").reason, Reason::OutsideSchedule);
  EXPECT_FALSE(script.pools.back().vms[0].movable_now);
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

}  // namespace
}  // namespace drover::test
