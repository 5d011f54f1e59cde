// The rounds of Consolidation policies: when they are held, and what of a strategy's advice is carried out.
#include "core/consolidation_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/look.h"
#include "dictated.h"

namespace drover::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Act = NodeOrder::Act;

// Rounds are a minute apart; "a" runs on n1, "b" on n2.
class Rounds : public Consolidation {
 protected:
  Rounds() {
    h.world.change_policy("/pack", [](Policy& p) { p.spec.budgets = {{.migrations = 5, .percent = {}, .window = {}}}; });
  }
  [[nodiscard]] std::vector<std::string> moved() const {
    std::vector<std::string> names;
    for (const CreateMigration& create : h.creates) names.push_back(create.vm.name + " to " + create.target);
    return names;
  }
};

TEST_F(Rounds, AreHeldAtTheIntervalAndNotBetween) {
  h.lead();
  EXPECT_THAT(script.pools, SizeIs(1));
  h.pass(seconds{59});
  h.step(ViewChanged{});
  EXPECT_THAT(script.pools, SizeIs(1));
  h.pass(seconds{2});
  EXPECT_THAT(script.pools, SizeIs(2));
  EXPECT_EQ(h.round().next - h.round().held, minutes{1});
}

TEST_F(Rounds, AdviceStandsUntilTheNext) {
  script.orders = {{"n3", Act::Retire}};
  script.moves = {{"a", "n2"}};
  h.dry_run_answer = h.create_answer;
  h.world.change_policy("/pack", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  h.lead();
  script.orders.clear();
  script.moves.clear();
  h.pass(seconds{50});
  ASSERT_THAT(h.round().orders, SizeIs(1));
  EXPECT_EQ(h.round().orders[0].node, "n3");
  EXPECT_EQ(h.round().orders[0].act, Act::Retire);
  EXPECT_EQ(h.decision("a").reason, Reason::Consolidated);
  h.pass(seconds{20});
  EXPECT_THAT(h.round().orders, IsEmpty());
  EXPECT_EQ(h.decision("a").message, "there is no decision");
}

TEST_F(Rounds, PackNoMoreThanMaxMovesAndRelieveWhatTheyCan) {
  settings([](ConsolidationSettings& s) { s.max_moves = 1; });
  script.moves = {{"a", "n3"}, {"b", "n4"}};
  h.lead();
  h.pass(seconds{5});
  EXPECT_THAT(moved(), ElementsAre("a to n3"));
}

TEST_F(Rounds, ReliefIsNotCountedAmongThePackingMoves) {
  settings([](ConsolidationSettings& s) { s.max_moves = 0; });
  script.relief = true;
  script.moves = {{"a", "n3"}, {"b", "n4"}};
  h.lead();
  h.pass(seconds{5});
  EXPECT_THAT(moved(), ElementsAre("a to n3", "b to n4"));
  EXPECT_EQ(h.decision("a").reason, Reason::Moving);
}

// A node that stays in use anyway is not worth a move.
TEST_F(Rounds, WhatFindsNoPlaceIsNotMovedNorAreItsNeighbours) {
  h.world.add_vm("c", "n1");
  h.uses("c", 1);
  h.world.change_node("n3", [](Node& n) { n.allocatable["pods"] = 0; });
  script.moves = {{"a", "n3"}, {"b", "n4"}, {"c", "n4"}};
  h.lead();
  h.pass(seconds{5});
  EXPECT_THAT(moved(), ElementsAre("b to n4"));
}

TEST_F(Rounds, ANodeIsEmptiedOnlyOnceItIsSeenToRetire) {
  h.show_marks = false;
  script.orders = {{"n1", Act::Retire}};
  script.moves = {{"a", "n2"}};
  h.lead();
  h.pass(seconds{5});
  ASSERT_THAT(h.marks, SizeIs(1));
  EXPECT_THAT(h.creates, IsEmpty());
  h.show(h.marks[0]);
  h.step(ViewChanged{});
  h.pass(seconds{5});
  EXPECT_THAT(moved(), ElementsAre("a to n2"));
}

// Until then it serves.
TEST_F(Rounds, ANodeRetiresWhenItsVmsAreAboutToMove) {
  settings([](ConsolidationSettings& s) { s.power_down.max_resting_nodes = 3; });
  h.world.change_policy("/pack", [](Policy& p) { p.spec.budgets = {{.migrations = 1, .percent = {}, .window = {}}}; });
  script.orders = {{"n1", Act::Retire}, {"n2", Act::Retire}};
  script.moves = {{"a", "n3"}, {"b", "n4"}};
  h.lead();
  h.pass(seconds{5});
  EXPECT_THAT(h.marks, testing::Each(testing::Field(&MarkNode::node, "n1")));
  EXPECT_THAT(held_up(), testing::HasSubstr("n2: its turn comes when the nodes before it are empty"));
  EXPECT_THAT(moved(), ElementsAre("a to n3"));
}

TEST_F(Rounds, ANodeWhoseVmsMayNotMoveServes) {
  h.world.change_policy("/pack", [](Policy& p) { p.spec.budgets = {{.migrations = 0, .percent = {}, .window = {}}}; });
  script.orders = {{"n1", Act::Retire}};
  script.moves = {{"a", "n3"}};
  h.lead();
  h.pass(seconds{5});
  EXPECT_THAT(h.marks, IsEmpty());
}

TEST_F(Rounds, NodesRetireTogetherAsFarAsTheirMovesMayBeMadeAtOnce) {
  settings([](ConsolidationSettings& s) { s.power_down.max_resting_nodes = 3; });
  script.orders = {{"n1", Act::Retire}, {"n2", Act::Retire}};
  script.moves = {{"a", "n3"}, {"b", "n4"}};
  h.lead();
  h.pass(seconds{5});
  EXPECT_THAT(h.marks, SizeIs(testing::Ge(2)));
  EXPECT_THAT(moved(), ElementsAre("a to n3", "b to n4"));
}

TEST_F(Rounds, ANodeWhoseMovesTheRoundHasNoMoreRoomForIsNotRetired) {
  settings([](ConsolidationSettings& s) { s.max_moves = 1; });
  script.orders = {{"n1", Act::Retire}, {"n2", Act::Retire}};
  script.moves = {{"a", "n3"}, {"b", "n4"}};
  h.lead();
  h.pass(seconds{5});
  ASSERT_THAT(h.round().orders, SizeIs(1));
  EXPECT_EQ(h.round().orders[0].node, "n1");
}

TEST_F(Rounds, ReliefDoesNotWaitForTheNodeToRetire) {
  h.show_marks = false;
  script.relief = true;
  script.orders = {{"n1", Act::Retire}};
  script.moves = {{"a", "n2"}};
  h.lead();
  h.pass(seconds{5});
  EXPECT_THAT(moved(), ElementsAre("a to n2"));
}

TEST_F(Rounds, AMoveOfAVmThatIsElsewhereByNowIsDropped) {
  h.world.view.limits.in_cluster = 0;
  script.moves = {{"a", "n3"}};
  h.lead();
  EXPECT_EQ(h.decision("a").reason, Reason::ClusterLimit);
  h.world.change_vm("a", [](Vm& vm) { vm.node = "n2"; });
  h.step(ViewChanged{});
  h.pass(seconds{5});
  EXPECT_EQ(h.decision("a").message, "there is no decision");
}

TEST_F(Rounds, AreForgottenWhileThePolicyIsSuspended) {
  script.orders = {{"n3", Act::Retire}};
  h.world.change_policy("/pack", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  h.lead();
  EXPECT_THAT(h.round().orders, SizeIs(1));
  h.world.change_policy("/pack", [](Policy& p) { p.spec.suspend = true; });
  h.pass(seconds{1});
  EXPECT_EQ(h.round().held, Instant{});
  h.world.change_policy("/pack", [](Policy& p) { p.spec.suspend = false; });
  h.pass(seconds{1});
  EXPECT_EQ(h.round().held, h.world.now) << "and held anew as soon as it may act";
}

TEST_F(Rounds, SayOfAVmThatStaysThatItWasNotChosen) {
  h.lead();
  const auto quiet = h.core().why_quiet(*h.world.view.policies.at({"", "pack"}), h.world.vm_ref("a"));
  ASSERT_TRUE(quiet.has_value());
  EXPECT_EQ(quiet->reason, Reason::NotChosen);
}

}  // namespace
}  // namespace drover::test
