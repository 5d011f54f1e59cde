// The lives of nodes under a Consolidation policy: out of service, to sleep, and back, as their marks tell.
#include "core/node_life.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dictated.h"

namespace drover::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST_F(Consolidation, ARetiringNodeIsTaintedAndItsVmsAreMovedAndThenItIsCordoned) {
  script.orders = {{"n1", NodeOrder::Act::Retire}};
  script.moves = {{"a", "n2"}};
  h.lead();
  ASSERT_THAT(h.creates, SizeIs(1));
  EXPECT_EQ(h.creates[0].target, "n2");
  EXPECT_EQ(h.creates[0].reason, "to pack");
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
  Harness plain({},
                make_rules([](const ConsolidationSettings&) -> std::unique_ptr<Strategy> { return std::make_unique<Dictated>(); }));
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

}  // namespace
}  // namespace drover::test
