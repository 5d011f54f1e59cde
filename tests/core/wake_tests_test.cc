// Wake tests: whom, when, how, and what comes of them.
#include "core/wake_tests.h"

#include <gmock/gmock.h>

#include "core/node_life.h"
#include "dictated.h"

namespace drover::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "a" runs on n1, "b" on n2; n3 and n4 are free. It is Monday, 12:00; the window opens at 14:00 for two hours.
class WakeTesting : public Consolidation {
 protected:
  WakeTesting() {
    settings([](ConsolidationSettings& s) {
      s.reserve_nodes = 0;
      s.power_down.wake_test = {.window = {.cron = "0 14 * * *", .duration = hours{2}}, .every = hours{240}};
    });
    for (const char* node : {"n1", "n2", "n3", "n4"}) cycled(node, hours{1});
  }
  void cycled(const char* node, Duration ago) {
    h.world.change_node(node, [&](Node& n) { n.record.woken = h.world.now - ago; });
  }
  void rests(const char* node, NodeLife life) {
    h.world.change_node(node, [&](Node& n) {
      n.marks = {.life = life, .since = h.world.now, .policy_uid = "uid-pack", .reason = "why", .cordoned = true};
      n.unschedulable = true;
      n.ready = false;
      n.lost = true;
    });
    h.powered.insert_or_assign(node, Powered::Off);
  }
  void lead_at_two() {
    h.lead();
    h.pass(hours{2} + minutes{2});
  }
  [[nodiscard]] std::vector<std::string> next() const {
    Roster roster;
    roster.update(h.world.view);
    const Policy& policy = *h.world.view.policies.at({"", "pack"});
    const auto& settings = std::get<ConsolidationSettings>(policy.spec.settings);
    std::vector<std::string> names;
    for (const Node* node : wake_tests(h.world.view, roster, policy, settings, {}, h.world.now).next) names.push_back(node->name);
    return names;
  }
  [[nodiscard]] std::string ready_message() const {
    for (const Condition& c : h.statuses.at({"", "pack"}).conditions) {
      if (c.type == "Ready") return c.message;
    }
    return "absent";
  }
  [[nodiscard]] const Node& node(const char* name) const { return h.world.node_ref(name); }
};

TEST_F(WakeTesting, ANodeThatHasNotCycledForLongGoesThroughOneSleepAndWakeInTheWindow) {
  cycled("n3", hours{241});
  h.lead();
  h.pass(hours{1} + minutes{59});
  EXPECT_EQ(life("n3"), NodeLife::Active) << "the window is closed";
  h.pass(minutes{2});
  ASSERT_EQ(life("n3"), NodeLife::PoweringOff) << "it is empty, and nothing is waited for";
  EXPECT_TRUE(node("n3").marks.test);
  EXPECT_THAT(ready_message(), HasSubstr("node n3 is put through a wake test"));
  power("n3", false);
  h.pass(2 * kSwitchingPoll);
  ASSERT_EQ(life("n3"), NodeLife::Waking);
  EXPECT_EQ(node("n3").marks.reason, kWakeTest);
  power("n3", true);
  h.pass(kSwitchingPoll);
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_FALSE(node("n3").marks.test);
  h.pass(hours{1});
  EXPECT_EQ(life("n3"), NodeLife::Active) << "it has cycled";
  EXPECT_EQ(node("n3").record.wakes.size(), 1U);
}

TEST_F(WakeTesting, ItsVmsAreMovedAwayBefore) {
  cycled("n1", hours{241});
  lead_at_two();
  EXPECT_EQ(life("n1"), NodeLife::Draining);
  ASSERT_FALSE(h.creates.empty());
  EXPECT_EQ(h.creates.back().source, "n1");
  EXPECT_THAT(h.creates.back().reason, HasSubstr("wake test"));
}

TEST_F(WakeTesting, ANodeThatIsNotOffWhenTheWindowClosesIsTakenBack) {
  cycled("n1", hours{241});
  lead_at_two();
  ASSERT_EQ(life("n1"), NodeLife::Draining);
  for (int i = 0; i < 25; ++i) {
    h.pass(minutes{5});
    h.step(ViewChanged{});
  }
  EXPECT_EQ(life("n1"), NodeLife::Active);
  EXPECT_TRUE(node("n1").record.tested) << "it is not tried again at once";
}

TEST_F(WakeTesting, OneAtATimeTheCheapestFirst) {
  for (const char* name : {"n1", "n3", "n4"}) cycled(name, hours{300});
  cycled("n4", hours{400});
  rests("n3", NodeLife::Asleep);
  h.world.now += hours{2} + minutes{1};
  EXPECT_THAT(next(), ElementsAre("n3", "n4", "n1"));
  h.world.change_vm("a", [](Vm& vm) { vm.live_migratable = false; });
  EXPECT_THAT(next(), ElementsAre("n3", "n4")) << "a VM is bound to n1";
  h.world.change_node("n4", [](Node& n) { n.labels.set("drover.dev/hands-off", ""); });
  EXPECT_THAT(next(), ElementsAre("n3"));
  h.world.change_node("n3", [](Node& n) { n.marks.test = true; });
  EXPECT_THAT(next(), ElementsAre()) << "one is under way";
}

TEST_F(WakeTesting, ASleeperIsWoken) {
  cycled("n3", hours{241});
  rests("n3", NodeLife::Asleep);
  lead_at_two();
  EXPECT_EQ(life("n3"), NodeLife::Waking);
  EXPECT_TRUE(node("n3").marks.test);
}

TEST_F(WakeTesting, ANodeInQuarantineThatPassesServesAgain) {
  rests("n3", NodeLife::Quarantined);
  lead_at_two();
  ASSERT_EQ(life("n3"), NodeLife::Waking) << "it was off";
  power("n3", true);
  h.pass(kSwitchingPoll);
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_FALSE(node("n3").unschedulable);
}

TEST_F(WakeTesting, ANodeInQuarantineThatFailsStaysThereUntilTheNextWindow) {
  profile([](PowerProfile& p) { p.limits.wake_deadline = minutes{4}; });
  rests("n3", NodeLife::Quarantined);
  lead_at_two();
  h.pass(minutes{10});
  EXPECT_EQ(life("n3"), NodeLife::Quarantined);
  EXPECT_THAT(ready_message(), HasSubstr("node n3 is in quarantine: it did not wake in two times 4m"));
  h.pass(hours{3});
  EXPECT_EQ(life("n3"), NodeLife::Quarantined) << "once in a window";
  h.pass(hours{20} + minutes{50});
  EXPECT_EQ(life("n3"), NodeLife::Waking);
}

TEST_F(WakeTesting, ANodeInQuarantineThatIsOnIsSwitchedOffFirstIfNothingRunsThere) {
  rests("n3", NodeLife::Quarantined);
  h.powered.insert_or_assign("n3", Powered::On);
  h.world.add_vm("late", "n3");
  lead_at_two();
  EXPECT_EQ(life("n3"), NodeLife::Quarantined);
  h.world.erase_vm("late");
  h.world.erase_pod(key_of("virt-launcher-late-0"));
  h.step(ViewChanged{});
  h.pass(minutes{2});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
  EXPECT_TRUE(h.violations.empty());
}

TEST_F(WakeTesting, ANodeThatCannotBeEmptiedIsNotTestedAndHoldsUpNoOther) {
  cycled("n3", hours{300});
  cycled("n4", hours{241});
  h.world.add_pod("batch/job", "n3", {{"cpu", 100}}, [](Pod& pod) {
    pod.owner = PodOwner::Workload;
    pod.of_job = true;
  });
  lead_at_two();
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_EQ(life("n4"), NodeLife::PoweringOff);
}

}  // namespace
}  // namespace drover::test
