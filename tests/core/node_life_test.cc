// The lives of nodes under a Consolidation policy: out of service, to sleep, and back, as their marks tell.
#include "core/node_life.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "dictated.h"

namespace drover::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST_F(Consolidation, ARetiringNodeIsCordonedAndItsVmsAreMovedAndThenItIsEmpty) {
  script.orders = {{"n1", NodeOrder::Act::Retire}};
  script.moves = {{"a", "n2"}};
  h.lead();
  ASSERT_THAT(h.creates, SizeIs(1));
  EXPECT_EQ(h.creates[0].target, "n2");
  EXPECT_EQ(h.creates[0].reason, "to pack");
  EXPECT_EQ(h.decision("a").reason, Reason::Moving);
  EXPECT_TRUE(h.world.node_ref("n1").unschedulable);
  EXPECT_THAT(h.world.node_ref("n1").taints, IsEmpty()) << "virt-handler would not come back on it";
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
  EXPECT_EQ(h.power[0].request, PowerRequest::GracefulOff);
  power("n3", false);
  h.pass(kSwitchingPoll);
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff) << "said once";
  h.pass(kSwitchingPoll);
  EXPECT_EQ(life("n3"), NodeLife::Asleep);
}

TEST_F(Consolidation, AnEmptyNodeWhoseProfileNamesNoDriverIsLeftOnAndNeverAskedAnything) {
  driver(PowerDriverKind::None);
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(hours{1});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  EXPECT_THAT(h.power, IsEmpty());
  EXPECT_THAT(h.power_questions, IsEmpty());
  EXPECT_THAT(held_up(), HasSubstr("n3: it is left on: no PowerProfile"));
}

TEST_F(Consolidation, ANodeIsOnlySwitchedOffWhenItsDriverCanTellWhetherItIsOn) {
  h.powered.insert_or_assign("n3", Error{ErrorClass::Invalid, "there is no such driver"});
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(hours{1});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  EXPECT_THAT(h.power, IsEmpty());
  EXPECT_THAT(held_up(), HasSubstr("n3: it is left on: its power driver can't be asked: there is no such driver"));
  const auto& conditions = h.statuses.at({"", "pack"}).conditions;
  EXPECT_TRUE(std::any_of(conditions.begin(), conditions.end(), [](const Condition& c) {
    return c.type == "Ready" && c.message.find("node n3 is empty and it is left on: its power driver") != std::string::npos;
  })) << "that nothing sleeps is said where people look";
  h.powered.insert_or_assign("n3", Powered::On);
  h.pass(kRestingPoll);
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
}

TEST_F(Consolidation, AnAnswerFromBeforeTheOrderSaysNothingOfWhatCameOfIt) {
  h.powered.insert_or_assign("n3", Powered::Off);
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(minutes{1} + seconds{30});
  ASSERT_EQ(life("n3"), NodeLife::Empty);
  ASSERT_THAT(h.power_questions, Not(IsEmpty()));
  h.answers_power = false;
  h.pass(seconds{40});
  ASSERT_EQ(life("n3"), NodeLife::PoweringOff);
  h.world.change_node("n3", [](Node& n) { n.ready = false; });
  h.step(ViewChanged{});
  h.pass(seconds{10});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
}

TEST_F(Consolidation, AnOrderThatTheDriverDidNotTakeIsGivenAgainSoon) {
  h.world.change_node("n3", [&](Node& n) {
    n.marks = {.life = NodeLife::Waking, .since = h.world.now, .policy_uid = "uid-pack", .reason = "", .cordoned = true};
    n.unschedulable = true;
    n.ready = false;
  });
  h.powered.insert_or_assign("n3", Powered::Off);
  h.power_answer = Error{ErrorClass::Retryable, "the management controller does not answer"};
  h.lead();
  ASSERT_THAT(h.power, SizeIs(1));
  h.pass(minutes{1});
  EXPECT_THAT(h.power, SizeIs(testing::AllOf(testing::Ge(2U), testing::Le(4U))));
  h.power_answer = std::string();
  h.pass(minutes{1});
  const std::size_t taken = h.power.size();
  h.pass(minutes{3});
  EXPECT_THAT(h.power, SizeIs(taken)) << "one that was taken has five minutes";
}

TEST_F(Consolidation, ANodeOfWhoseMachineNothingIsKnownIsNotAsleepThoughItIsNotReady) {
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(minutes{3});
  ASSERT_EQ(life("n3"), NodeLife::PoweringOff);
  h.powered.insert_or_assign("n3", Error{ErrorClass::Retryable, "down"});
  h.world.change_node("n3", [](Node& n) { n.ready = false; });
  h.step(ViewChanged{});
  h.pass(minutes{5});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
  h.pass(minutes{5});
  EXPECT_EQ(life("n3"), NodeLife::Quarantined);
}

TEST_F(Consolidation, AnAnswerThatHasAgedIsNeitherOnNorOff) {
  settings([](ConsolidationSettings& s) { s.power_down.after = minutes{5}; });
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(minutes{2});
  h.answers_power = false;  // it was On until now
  h.pass(hours{1});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  EXPECT_THAT(held_up(), HasSubstr("n3: it is left on: its power driver has not been heard since"));
}

TEST_F(Consolidation, ANodeThatIsReadyServesThoughTheLastAnswerThatItWasOffHasAged) {
  h.world.change_node("n3", [&](Node& n) {
    n.marks = {.life = NodeLife::Waking, .since = h.world.now, .policy_uid = "uid-pack", .reason = "", .cordoned = true};
    n.unschedulable = true;
    n.ready = false;
  });
  h.powered.insert_or_assign("n3", Powered::Off);
  h.lead();
  h.answers_power = false;
  h.pass(kSwitchingPoll);
  h.world.change_node("n3", [](Node& n) { n.ready = true; });
  h.step(ViewChanged{});
  h.pass(seconds{30});
  ASSERT_EQ(life("n3"), NodeLife::Waking) << "its driver said a moment ago that it is off";
  h.pass(kPowerMaxAge);
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

TEST_F(Consolidation, EachNodeIsAskedAndSwitchedByTheDriverThatItsProfileNames) {
  h.world.change_node("n4", [](Node& n) { n.labels.set("rack", "b"); });
  PowerProfile rack_b{
      .name = "rack-b", .priority = 1, .nodes = {{{.key = "rack", .op = Requirement::Operator::In, .values = {"b"}}}}};
  rack_b.driver = PowerDriverKind::Metal3;
  h.world.view.power_profiles[{"", "rack-b"}] = std::make_shared<const PowerProfile>(std::move(rack_b));
  settings([](ConsolidationSettings& s) {
    s.reserve_nodes = 0;
    s.power_down.max_resting_nodes = 2;
  });
  script.orders = {{"n3", NodeOrder::Act::Retire}, {"n4", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(minutes{1});
  script.orders = {{"n3", NodeOrder::Act::Sleep}, {"n4", NodeOrder::Act::Sleep}};
  h.pass(minutes{5});
  std::map<std::string, NodeDriver> told;
  for (const SwitchPower& order : h.power) told[order.node] = order.driver;
  EXPECT_EQ(told["n3"].profile->driver, PowerDriverKind::Redfish);
  EXPECT_EQ(told["n3"].node->name, "n3");
  EXPECT_EQ(told["n4"].profile->name, "rack-b");
}

TEST_F(Consolidation, ADriverIsAskedAgainOnlyWhenItHasAnswered) {
  h.answers_power = false;
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(hours{1});
  EXPECT_THAT(h.power_questions, ElementsAre("n3"));
}

TEST_F(Consolidation, AQuestionThatIsAnsweredAsBeforePutsOffNoLook) {
  settings([](ConsolidationSettings& s) { s.interval = minutes{10}; });
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  while (h.power_questions.size() < 2) {
    h.world.now = *h.wake_at;
    h.step(Tick{});
  }
  ASSERT_EQ(life("n3"), NodeLife::Empty);
  h.world.add_vm("late", "n3");
  h.step(ViewChanged{});
  EXPECT_NE(life("n3"), NodeLife::Empty) << "at once, not a second after the question";
}

TEST_F(Consolidation, ANodeThatServesAgainIsNoLongerAsked) {
  settings([](ConsolidationSettings& s) { s.power_down.after = minutes{5}; });
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(minutes{1} + seconds{30});
  ASSERT_THAT(h.power_questions, Not(IsEmpty()));
  script.orders = {{"n3", NodeOrder::Act::TakeBack}};
  h.pass(minutes{1});
  ASSERT_EQ(life("n3"), NodeLife::Active);
  h.power_questions.clear();
  h.pass(hours{1});
  EXPECT_THAT(h.power_questions, IsEmpty());
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
  });
  h.powered.insert_or_assign("n3", Powered::Off);
  script.orders = {{"n3", NodeOrder::Act::Wake}};
  h.lead();
  h.pass(seconds{2});
  EXPECT_EQ(life("n3"), NodeLife::Waking);
  ASSERT_THAT(h.power, SizeIs(1));
  EXPECT_EQ(h.power[0].request, PowerRequest::On);
  power("n3", true);
  h.pass(kSwitchingPoll);
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
  h.pass(kSwitchingPoll);
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff) << "said once";
  h.pass(kSwitchingPoll);
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
