// Switching nodes off and waking them: when it pays, how it is proven, what others are told, and what becomes of those that do not
// obey.
#include "core/node_power.h"

#include <gmock/gmock.h>

#include "core/make_room.h"
#include "core/node_life.h"
#include "dictated.h"

namespace drover::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class NodePower : public Consolidation {
 protected:
  // n3 is empty, and told to sleep as soon as it may.
  void retire() {
    script.orders = {{"n3", NodeOrder::Act::Retire}};
    h.lead();
    h.pass(seconds{2});
    ASSERT_EQ(life("n3"), NodeLife::Empty);
    script.orders = {{"n3", NodeOrder::Act::Sleep}};
  }
  void switch_off() {
    retire();
    h.pass(minutes{3});
    ASSERT_EQ(life("n3"), NodeLife::PoweringOff);
  }
  void sleep() {
    switch_off();
    power("n3", false);
    h.pass(2 * kSwitchingPoll);
    ASSERT_EQ(life("n3"), NodeLife::Asleep);
    script.orders.clear();
  }
  void wake() {
    script.orders = {{"n3", NodeOrder::Act::Wake}};
    h.pass(minutes{1});
    ASSERT_EQ(life("n3"), NodeLife::Waking);
    script.orders.clear();
  }
  [[nodiscard]] const Node& n3() const { return h.world.node_ref("n3"); }
  [[nodiscard]] std::vector<PowerRequest> requests() const {
    std::vector<PowerRequest> all;
    for (const SwitchPower& order : h.power) all.push_back(order.request);
    return all;
  }
};

TEST_F(NodePower, ANodeIsAsleepOnlyWhenItsKubeletIsNoLongerHeardBesides) {
  switch_off();
  h.powered.insert_or_assign("n3", Powered::Off);
  h.world.change_node("n3", [](Node& n) { n.ready = false; });  // it says so itself: it shuts down, or something there is ill
  h.step(ViewChanged{});
  h.pass(minutes{1});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
  h.world.change_node("n3", [](Node& n) { n.lost = true; });
  h.step(ViewChanged{});
  h.pass(kSwitchingPoll);
  EXPECT_EQ(life("n3"), NodeLife::Asleep);
}

TEST_F(NodePower, OneAnswerThatSaysOffProvesNothing) {
  switch_off();
  power("n3", false);
  h.pass(kSwitchingPoll);
  h.powered.insert_or_assign("n3", Powered::On);
  h.pass(kSwitchingPoll);
  h.powered.insert_or_assign("n3", Powered::Off);
  h.pass(kSwitchingPoll);
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
}

TEST_F(NodePower, PowerIsTakenAwayFromAMachineThatDoesNotShutDown) {
  switch_off();
  h.pass(minutes{1});
  EXPECT_EQ(requests(), std::vector{PowerRequest::GracefulOff});
  h.pass(minutes{1} + seconds{5});
  EXPECT_EQ(requests(), (std::vector{PowerRequest::GracefulOff, PowerRequest::ForceOff}));
  h.pass(kPowerOffDeadline);
  EXPECT_EQ(life("n3"), NodeLife::Quarantined);
}

TEST_F(NodePower, PowerIsNeverTakenAwayWhereTheProfileSaysSo) {
  profile([](PowerProfile& p) { p.limits.force_off_after.reset(); });
  switch_off();
  h.pass(kPowerOffDeadline + minutes{1});
  EXPECT_EQ(life("n3"), NodeLife::Quarantined);
  EXPECT_EQ(requests(), (std::vector{PowerRequest::GracefulOff, PowerRequest::GracefulOff}));
}

TEST_F(NodePower, ANodeIsEmptyForAsLongAsItsBootAndShutdownTakeToPay) {
  // 27,000 J less the standby's 750 J at 95 W: 276 s.
  profile([](PowerProfile& p) { p.model = PowerModel{}; });
  EXPECT_NEAR(to_seconds(break_even(PowerModel{})), 26250.0 / 95, 1e-6);
  retire();
  h.pass(minutes{4} + seconds{30});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  h.pass(seconds{10});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
}

TEST_F(NodePower, ANodeThatDrawsNoLessWhenItIsOffStaysOn) {
  profile([](PowerProfile& p) { p.model.standby_watts = 100; });
  retire();
  h.pass(hours{1});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  EXPECT_THAT(held_up(), HasSubstr("n3: it is left on: it draws no less when it is off (PowerProfile rack"));
}

TEST_F(NodePower, ANodeIsSwitchedOffSoOftenADayAndNoMore) {
  profile([](PowerProfile& p) { p.limits = {.cycles_per_day = 1, .minimum_on = minutes{5}}; });
  sleep();
  EXPECT_THAT(n3().record.offs, SizeIs(1));
  wake();
  power("n3", true);
  h.pass(kSwitchingPoll);
  ASSERT_EQ(life("n3"), NodeLife::Active);
  EXPECT_THAT(n3().record.offs, SizeIs(1)) << "remembered when it serves again";
  ASSERT_TRUE(n3().record.woken);
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.pass(minutes{2});
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(minutes{2});
  EXPECT_THAT(held_up(), HasSubstr("it was switched off 1 times within 24 hours (PowerProfile rack, limits.cyclesPerDay)"));
  h.pass(hours{23});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  h.pass(hours{1});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
}

TEST_F(NodePower, ANodeThatWasWokenStaysOnForItsTime) {
  sleep();
  wake();
  power("n3", true);
  h.pass(kSwitchingPoll);
  ASSERT_EQ(life("n3"), NodeLife::Active);
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.pass(minutes{2});
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(minutes{20});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  EXPECT_THAT(held_up(), HasSubstr("stays on for 30m"));
  h.pass(minutes{10});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
}

TEST_F(NodePower, NoNodeSleepsBeyondMaxSleep) {
  settings([](ConsolidationSettings& s) { s.power_down.max_sleep = hours{2}; });
  sleep();
  h.pass(hours{1} + minutes{55});
  EXPECT_EQ(life("n3"), NodeLife::Asleep);
  h.pass(minutes{6});
  EXPECT_EQ(life("n3"), NodeLife::Waking);
  EXPECT_THAT(n3().marks.reason, HasSubstr("powerDown.maxSleep"));
}

TEST_F(NodePower, OthersAreToldBeforeItIsSwitchedOffAndUntilItServes) {
  const auto told = [&](std::string_view key) { return n3().labels.find(key) != nullptr || n3().annotations.find(key) != nullptr; };
  const auto out_of_service = [&] {
    return std::any_of(n3().taints.begin(), n3().taints.end(),
                       [](const Taint& t) { return t.key == "node.kubernetes.io/out-of-service"; });
  };
  retire();
  EXPECT_FALSE(told("remediation.medik8s.io/exclude-from-remediation"));
  h.pass(minutes{3});
  ASSERT_EQ(life("n3"), NodeLife::PoweringOff);
  EXPECT_TRUE(told("remediation.medik8s.io/exclude-from-remediation"));
  EXPECT_TRUE(told("cluster-autoscaler.kubernetes.io/scale-down-disabled"));
  EXPECT_TRUE(told("node.kubernetes.io/exclude-from-external-load-balancers"));
  EXPECT_FALSE(out_of_service()) << "it may still be on";
  power("n3", false);
  h.pass(2 * kSwitchingPoll);
  ASSERT_EQ(life("n3"), NodeLife::Asleep);
  EXPECT_TRUE(out_of_service());
  EXPECT_TRUE(told("drover.dev/power"));
  h.power.clear();
  wake();
  EXPECT_FALSE(out_of_service()) << "before it is switched on";
  EXPECT_TRUE(told("remediation.medik8s.io/exclude-from-remediation"));
  power("n3", true);
  h.pass(kSwitchingPoll);
  ASSERT_EQ(life("n3"), NodeLife::Active);
  for (const Told& row : kTold) EXPECT_FALSE(is_there(n3(), row)) << row.key;
}

TEST_F(NodePower, WhatOthersSaidBeforeStays) {
  h.world.change_node("n3", [](Node& n) { n.labels.set("remediation.medik8s.io/exclude-from-remediation", "true"); });
  sleep();
  wake();
  power("n3", true);
  h.pass(kSwitchingPoll);
  ASSERT_EQ(life("n3"), NodeLife::Active);
  EXPECT_NE(n3().labels.find("remediation.medik8s.io/exclude-from-remediation"), nullptr);
}

TEST_F(NodePower, ANodeServesOnlyOnceItsNetworkAndVirtHandlerAreBack) {
  sleep();
  wake();
  h.powered.insert_or_assign("n3", Powered::On);
  h.world.change_node("n3", [](Node& n) {
    n.ready = true;
    n.lost = false;
    n.labels.set(std::string(label::kSchedulable), "false");
    n.taints.push_back({"node.kubernetes.io/network-unavailable", "", "NoSchedule"});
  });
  h.step(ViewChanged{});
  h.pass(minutes{1});
  EXPECT_EQ(life("n3"), NodeLife::Waking);
  h.world.change_node("n3", [](Node& n) { n.taints.clear(); });
  h.step(ViewChanged{});
  h.pass(minutes{1});
  EXPECT_EQ(life("n3"), NodeLife::Waking);
  h.world.change_node("n3", [](Node& n) { n.labels.set(std::string(label::kSchedulable), "true"); });
  h.step(ViewChanged{});
  h.pass(seconds{2});
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

TEST_F(NodePower, ANodeThatDoesNotWakeIsTriedTwiceAndThenQuarantinedWithWhatItLacks) {
  profile([](PowerProfile& p) { p.limits.wake_deadline = minutes{4}; });
  sleep();
  wake();
  h.powered.insert_or_assign("n3", Powered::On);
  h.pass(minutes{7});
  EXPECT_EQ(life("n3"), NodeLife::Waking);
  h.pass(minutes{2});
  EXPECT_EQ(life("n3"), NodeLife::Quarantined);
  EXPECT_EQ(n3().marks.reason, "it did not wake in two times 4m: the node is not Ready");
}

TEST_F(NodePower, SleepersAreWokenInWavesWhenThePlatformHasAnotherVersion) {
  h.world.view.kubevirt.version = "v1.7.0";
  sleep();
  EXPECT_EQ(n3().marks.platform, "v1.7.0");
  h.world.change_node("n4", [&](Node& n) {
    n.marks = n3().marks;
    n.unschedulable = true;
    n.ready = false;
    n.lost = true;
  });
  h.powered.insert_or_assign("n4", Powered::Off);
  h.world.view.kubevirt.version = "v1.8.0";
  h.step(ViewChanged{});
  h.pass(minutes{1});
  EXPECT_EQ(life("n3"), NodeLife::Waking);
  EXPECT_THAT(n3().marks.reason, HasSubstr("KubeVirt went from v1.7.0 to v1.8.0"));
  EXPECT_EQ(life("n4"), NodeLife::Asleep) << "its turn comes";
  power("n3", true);
  h.pass(minutes{1});
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_EQ(life("n4"), NodeLife::Waking);
}

TEST_F(NodePower, ASleeperWhoseKubeletIsOlderThanMostIsWokenAndStaysOnUntilItIsNot) {
  for (const char* node : {"n1", "n2", "n3", "n4"}) h.world.change_node(node, [](Node& n) { n.kubelet_version = "v1.33.1"; });
  sleep();
  for (const char* node : {"n1", "n2"}) h.world.change_node(node, [](Node& n) { n.kubelet_version = "v1.34.2"; });
  h.step(ViewChanged{});
  h.pass(minutes{1});
  EXPECT_EQ(life("n3"), NodeLife::Waking);
  power("n3", true);
  h.pass(minutes{1});
  ASSERT_EQ(life("n3"), NodeLife::Active);
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.pass(minutes{2});
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(hours{1});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  EXPECT_THAT(held_up(), HasSubstr("its kubelet is v1.33.1, and that of most nodes in service v1.34.2"));
}

TEST_F(NodePower, ItsOwnWakesSayHowLongOthersWaitForIt) {
  Node node = n3();
  EXPECT_EQ(wake_patience(h.world.view, node), minutes{15});
  for (const int taken : {60, 62, 58, 64, 60}) node.record.wakes.push_back(seconds{taken});
  EXPECT_EQ(wake_patience(h.world.view, node), seconds{96} + minutes{1});
  EXPECT_EQ(wake_quantile(node.record, 0.5), seconds{60});
}

TEST_F(NodePower, ANodeIsExpectedToWakeAsHalfOfItsLastWakesDidOrAsItsProfileBoots) {
  profile([](PowerProfile& p) { p.model.boot = minutes{3}; });
  Node node = n3();
  EXPECT_EQ(expected_wake(h.world.view, node), minutes{3});
  node.record.wakes = {seconds{50}, seconds{400}, seconds{60}};
  EXPECT_EQ(expected_wake(h.world.view, node), seconds{60});
}

TEST_F(NodePower, OfTheFleetIsKnownWhichKubeletMostRunAndHowManyRest) {
  const auto is = [&](const char* name, NodeLife life, const char* kubelet) {
    h.world.change_node(name, [&](Node& n) {
      n.marks.life = life;
      n.kubelet_version = kubelet;
    });
  };
  is("n1", NodeLife::Active, "v1.34.2");
  is("n2", NodeLife::Active, "v1.33.1");
  is("n3", NodeLife::Asleep, "v1.33.1");
  is("n4", NodeLife::Waking, "v1.33.1");
  EXPECT_EQ(fleet_of(h.world.view).kubelet, "") << "half is not most, and only those in service count";
  EXPECT_EQ(fleet_of(h.world.view).resting, 2);
  EXPECT_EQ(fleet_of(h.world.view).waking, 1);
  is("n2", NodeLife::Active, "v1.34.2");
  EXPECT_EQ(fleet_of(h.world.view).kubelet, "v1.34.2");
}

TEST_F(NodePower, ANodeThatOthersWouldReplaceWhileItIsOffIsLeftOn) {
  h.world.change_node("n3", [](Node& n) { n.annotations.set("cluster.x-k8s.io/machine", "m-3"); });
  retire();
  h.pass(minutes{10});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  EXPECT_THAT(held_up(), HasSubstr("a MachineHealthCheck would replace it while it is off"));
  h.world.change_node("n3", [](Node& n) { n.labels.set("drover.dev/health-checks-paused", ""); });
  h.step(ViewChanged{});
  h.pass(minutes{2});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
}

class NodePowerTellingMachines : public Consolidation {
 protected:
  NodePowerTellingMachines() : Consolidation({.tells_machines = true}) {
    script.orders = {{"n3", NodeOrder::Act::Retire}};
    h.lead();
    h.pass(seconds{2});
    script.orders = {{"n3", NodeOrder::Act::Sleep}};
  }
};

TEST_F(NodePowerTellingMachines, SwitchesMachinesOfClusterApiOffButNotOpenShifts) {
  h.world.change_node("n3", [](Node& n) { n.annotations.set("machine.openshift.io/machine", "openshift-machine-api/m-3"); });
  h.pass(minutes{3});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  h.world.change_node("n3", [](Node& n) {
    n.annotations.erase("machine.openshift.io/machine");
    n.annotations.set("cluster.x-k8s.io/machine", "m-3");
  });
  h.step(ViewChanged{});
  h.pass(minutes{2});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
  h.world.change_node("n3", [](Node& n) { n.marks.told.emplace_back("cluster.x-k8s.io/skip-remediation"); });
  h.step(ViewChanged{});
  h.pass(minutes{2});
  EXPECT_THAT(h.statuses.at({"", "pack"}).conditions.at(0).message, HasSubstr("Machines of sleeping nodes are annotated"));
}

TEST_F(NodePower, WhoElseActsOnNodesIsSaidInTheStatus) {
  h.world.add_pod("kube-system/ds", "n1", {}, [](Pod& pod) { pod.role = PodRole::Descheduler; });
  h.lead();
  h.pass(minutes{2});
  const auto& conditions = h.statuses.at({"", "pack"}).conditions;
  EXPECT_TRUE(std::any_of(conditions.begin(), conditions.end(), [](const Condition& c) {
    return c.type == "Ready" && c.message.find("the descheduler runs here") != std::string::npos;
  }));
}

}  // namespace
}  // namespace drover::test
