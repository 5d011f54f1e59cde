// What people and other controllers do to nodes, and a policy that cannot act.
#include "core/hands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dictated.h"

namespace drover::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// n3 is Empty.
class Hands : public Consolidation {
 protected:
  Hands() {
    script.orders = {{"n3", NodeOrder::Act::Retire}};
    settings([](ConsolidationSettings& s) { s.reserve_nodes = 0; });
    h.lead();
    h.pass(minutes{1});
    DROVER_CHECK(life("n3") == NodeLife::Empty);
  }
  void person(const std::function<void(Node&)>& edit) {
    h.world.change_node("n3", edit);
    h.step(ViewChanged{});
    h.pass(seconds{5});
  }
  void rests(NodeLife life) {
    person([&](Node& n) {
      n.marks = {.life = life, .since = h.world.now, .policy_uid = "uid-pack", .reason = "why", .cordoned = true};
      n.unschedulable = true;
      n.ready = life != NodeLife::Asleep;
    });
  }
  [[nodiscard]] std::string ready_message() const {
    for (const Condition& c : h.statuses.at({"", "pack"}).conditions) {
      if (c.type == "Ready") return c.message;
    }
    return "absent";
  }
  [[nodiscard]] const Node& n3() const { return h.world.node_ref("n3"); }
};

TEST_F(Hands, WhoUncordonsANodeAtRestHasItBackWithAllMarksOffForAnHour) {
  person([](Node& n) { n.unschedulable = false; });
  EXPECT_EQ(n3().marks, NodeMarks{});
  EXPECT_FALSE(n3().unschedulable);
  EXPECT_THAT(ready_message(), HasSubstr("node n3 serves because a person has uncordoned it"));
  h.pass(minutes{50});
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_THAT(script.pools.back().nodes.at(2).keeps_on, HasSubstr("a person has uncordoned it"));
  h.pass(minutes{20});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
}

TEST_F(Hands, WithoutKubeVirtNodesAreGivenBack) {
  h.world.view.platform = platform_of({});
  h.step(ViewChanged{});
  h.pass(seconds{5});
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_FALSE(n3().unschedulable);
}

TEST_F(Consolidation, ANodeThatAPersonUncordonsIsEmptiedNoFurther) {
  for (const char* vm : {"a2", "a3"}) {
    h.world.add_vm(vm, "n1");
    h.uses(vm, 1);
  }
  settings([](ConsolidationSettings& s) { s.interval = minutes{5}; });
  h.world.change_policy("/pack", [](Policy& p) { p.spec.budgets = {Budget{.migrations = 1}}; });
  script.orders = {{"n1", NodeOrder::Act::Retire}};
  script.moves = {{"a", "n3"}, {"a2", "n3"}, {"a3", "n3"}};
  h.lead();
  h.pass(seconds{5});
  ASSERT_EQ(h.creates.size(), 1U);
  h.show_created();
  h.world.change_node("n1", [](Node& n) { n.unschedulable = false; });
  h.step(ViewChanged{});
  h.pass(seconds{5});
  EXPECT_EQ(life("n1"), NodeLife::Active);
  h.finish_created();
  h.pass(minutes{3});
  EXPECT_EQ(h.creates.size(), 1U);
}

TEST_F(Hands, WhoUncordonsAQuarantinedNodeTakesItOut) {
  rests(NodeLife::Quarantined);
  ASSERT_EQ(life("n3"), NodeLife::Quarantined);
  h.world.change_node("n3", [](Node& n) { n.ready = false; });  // which is no more Drover's business
  person([](Node& n) { n.unschedulable = false; });
  EXPECT_EQ(n3().marks, NodeMarks{});
}

TEST_F(Hands, WhoUncordonsASleepingNodeWakesIt) {
  h.powered.insert_or_assign("n3", Powered::Off);
  h.pass(kRestingPoll + seconds{1});  // its driver has said so
  rests(NodeLife::Asleep);
  person([](Node& n) { n.unschedulable = false; });
  EXPECT_EQ(life("n3"), NodeLife::Waking);
  EXPECT_FALSE(n3().unschedulable);
  power("n3", true);
  h.pass(minutes{1});
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

TEST_F(Hands, ANodeThatIsToBeKeptOnComesBack) {
  person([](Node& n) { n.labels.set("drover.dev/keep-on", ""); });
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_FALSE(n3().unschedulable);
}

TEST_F(Hands, ANodeThatThePolicySelectsNoLongerComesBack) {
  settings([](ConsolidationSettings& s) {
    s.nodes.requirements = {{.key = "pool", .op = Requirement::Operator::In, .values = {"vms"}}};
  });
  h.pass(seconds{5});
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

TEST_F(Hands, ASleepingNodeThatIsToBeKeptOnIsWoken) {
  h.powered.insert_or_assign("n3", Powered::Off);
  h.pass(kRestingPoll + seconds{1});  // its driver has said so
  rests(NodeLife::Asleep);
  person([](Node& n) { n.labels.set("drover.dev/keep-on", ""); });
  EXPECT_EQ(life("n3"), NodeLife::Waking);
}

TEST_F(Hands, ANodeThatOthersWorkOnIsLeftAsItIs) {
  const std::function<void(Node&)> said[] = {
      [](Node& n) { n.labels.set("drover.dev/hands-off", "disk swap"); },
      [](Node& n) {
        n.taints = {{"medik8s.io/drain", "", "NoSchedule"}};
      },
      [](Node& n) {
        n.taints = {{"ToBeDeletedByClusterAutoscaler", "123", "NoSchedule"}};
      },
  };
  const Node before = n3();
  for (const auto& say : said) {
    rests(NodeLife::Empty);
    person(say);
    h.marks.clear();
    h.world.add_vm("waits", "", {}, [](Pod& pod) { pod.unschedulable = true; });
    script.orders = {{"n3", NodeOrder::Act::TakeBack}};
    h.step(ViewChanged{});
    h.pass(minutes{5});
    EXPECT_THAT(h.marks, IsEmpty());
    EXPECT_THAT(ready_message(), HasSubstr("node n3 is left as it is: its "));
    h.world.erase_vm("waits");
    h.world.put(Node(before));
  }
}

TEST_F(Hands, ANodeThatOthersWorkOnIsNotRetired) {
  h.world.change_node("n4", [](Node& n) { n.labels.set("drover.dev/hands-off", ""); });
  settings([](ConsolidationSettings& s) { s.power_down.max_resting_nodes = 3; });
  script.orders = {{"n4", NodeOrder::Act::Retire}};
  h.pass(minutes{2});
  EXPECT_EQ(life("n4"), NodeLife::Active);
  EXPECT_FALSE(script.pools.back().nodes.at(3).receives);
}

// ---- marks of earlier versions ----

TEST_F(Hands, MarksWithTheTaintOfEarlierVersionsAreTakenOver) {
  person([&](Node& n) {
    n.marks = {.life = NodeLife::Retiring, .since = h.world.now, .policy_uid = "uid-pack", .reason = "why"};
    n.unschedulable = false;
    n.taints = {{"drover.dev/retiring", "", "NoSchedule"}, {"other", "", "NoSchedule"}};
  });
  EXPECT_NE(life("n3"), NodeLife::Active);
  EXPECT_TRUE(n3().unschedulable);
  EXPECT_TRUE(n3().marks.cordoned);
  EXPECT_EQ(n3().taints, (std::vector<Taint>{{"other", "", "NoSchedule"}}));
}

TEST_F(Hands, TheTaintOfEarlierVersionsIsTakenOffANodeWhoseMarksAPersonTookOff) {
  person([](Node& n) {
    n.marks = {};
    n.unschedulable = false;
    n.labels.set("drover.dev/keep-on", "");
    n.taints = {{"drover.dev/retiring", "", "NoSchedule"}};
  });
  EXPECT_THAT(n3().taints, IsEmpty());
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

// ---- a policy that cannot act ----

TEST_F(Hands, APolicyThatCannotActGivesItsNodesBack) {
  const std::function<void(Policy&)> mistakes[] = {
      [](Policy& p) { p.spec.schedule = {{.cron = "0 24 * * *", .duration = hours{1}}}; },
      [](Policy& p) { p.spec.schedule = {{.cron = "0 3 * * *", .duration = hours{1}, .time_zone = "Europe/Berln"}}; },
      [](Policy& p) { p.problem = "spec.consolidation.overload: must be from 0 to 1"; },
  };
  for (const auto& mistake : mistakes) {
    const Policy sound = *h.world.view.policies.at({"", "pack"});
    rests(NodeLife::Empty);
    ASSERT_EQ(life("n3"), NodeLife::Empty);
    h.world.change_policy("/pack", [&](Policy& p) {
      mistake(p);
      ++p.generation;
    });
    h.step(ViewChanged{});
    h.pass(seconds{5});
    EXPECT_EQ(life("n3"), NodeLife::Active);
    h.world.change_policy("/pack", [&](Policy& p) {
      const auto generation = p.generation;
      p = sound;
      p.generation = generation + 1;
    });
    h.pass(minutes{2});
  }
}

TEST_F(Hands, ANodeThatAPersonWishesInServiceIsNotRetiredUntilThen) {
  h.world.change_node("n3", [&](Node& n) { n.wish = NodeWish{NodeWish::Act::Wake, h.world.now + hours{1}}; });
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  h.pass(minutes{30});
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_THAT(script.pools.back().nodes.at(2).keeps_on, HasSubstr("a person wishes it in service until "));
  h.pass(minutes{32});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
}

TEST_F(Hands, AWishWakesASleeperAndOneInQuarantine) {
  for (const NodeLife from : {NodeLife::Asleep, NodeLife::Quarantined}) {
    h.world.change_node("n3", [&](Node& n) {
      n.marks = {.life = from, .since = h.world.now, .policy_uid = "uid-pack", .reason = "", .cordoned = true};
      n.unschedulable = true;
      n.ready = false;
      n.lost = true;
      n.wish = NodeWish{};
    });
    h.powered.insert_or_assign("n3", Powered::Off);
    h.lead();
    h.step(ViewChanged{});
    h.pass(seconds{2});
    EXPECT_EQ(life("n3"), NodeLife::Waking);
    power("n3", true);
    h.pass(seconds{10});
    EXPECT_EQ(life("n3"), NodeLife::Active);
  }
}

TEST_F(Hands, ANodeThatAPersonWishesAsleepIsEmptiedAndSwitchedOffWhateverTheStrategySays) {
  h.world.add_vm("c", "n3");
  h.uses("c", 1);
  h.world.change_node("n3", [&](Node& n) { n.wish = NodeWish{NodeWish::Act::Sleep, {}}; });
  script.orders = {{"n3", NodeOrder::Act::TakeBack}};
  h.lead();
  h.pass(seconds{10});
  ASSERT_THAT(h.creates, SizeIs(1));
  EXPECT_EQ(h.creates[0].vm, key_of("c"));
  EXPECT_NE(h.creates[0].target, "n3");
  h.world.erase_vm("c");
  h.world.erase_pod(key_of("vms/virt-launcher-c-0"));
  h.step(ViewChanged{});
  h.pass(seconds{90});
  EXPECT_EQ(life("n3"), NodeLife::PoweringOff);
  power("n3", false);
  h.pass(seconds{15});
  EXPECT_EQ(life("n3"), NodeLife::Asleep);
  EXPECT_FALSE(h.world.node_ref("n3").wish) << "it is fulfilled: whoever needs the node later may have it";
}

TEST_F(Hands, AWishForSleepDoesNotOverrideTheReserve) {
  settings([](ConsolidationSettings& s) { s.reserve_nodes = 3; });
  h.world.change_node("n3", [&](Node& n) { n.wish = NodeWish{NodeWish::Act::Sleep, {}}; });
  h.lead();
  h.pass(minutes{2});
  EXPECT_EQ(life("n3"), NodeLife::Empty) << "it rests";
  EXPECT_THAT(h.power, IsEmpty()) << "and stays on";
}

}  // namespace
}  // namespace drover::test
