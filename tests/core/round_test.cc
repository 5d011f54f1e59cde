// Rounds take time, and the core goes on meanwhile: what it decides until a round has been held, and what then becomes of its
// advice.
#include "core/round.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dictated.h"

namespace drover::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Act = NodeOrder::Act;

// Rounds are a minute apart; "a" runs on n1, "b" on n2. The first is asked for, and held when the test says so.
class RoundsBeside : public Consolidation {
 protected:
  RoundsBeside() {
    h.world.change_policy("/pack", [](Policy& p) { p.spec.budgets = {{.migrations = 5, .percent = {}, .window = {}}}; });
    h.holds_rounds = false;
    h.lead();
  }
  [[nodiscard]] static RoundHeld hold(const std::pair<EffectId, HoldRound>& asked) {
    return hold_round(asked.first, asked.second, [] { return false; });
  }
  // The last round that was asked for is held, and the core is told.
  void hold() { h.step(hold(h.rounds.back())); }
  [[nodiscard]] std::vector<std::string> moved() const {
    std::vector<std::string> names;
    for (const CreateMigration& create : h.creates) names.push_back(create.vm.name + " to " + create.target);
    return names;
  }
  [[nodiscard]] std::vector<std::string> ordered() const {
    std::vector<std::string> nodes;
    for (const OrderReport& order : h.round().orders) nodes.push_back(order.node);
    return nodes;
  }
};

TEST_F(RoundsBeside, OneOfAPolicyIsUnderWayAtATime) {
  EXPECT_THAT(h.rounds, SizeIs(1));
  h.pass(minutes{10});
  EXPECT_THAT(h.rounds, SizeIs(1));
  hold();
  EXPECT_THAT(h.rounds, SizeIs(2)) << "the next one is long due";
}

TEST_F(RoundsBeside, AreDueAnIntervalAfterTheLastWasAskedFor) {
  h.pass(seconds{20});
  hold();
  EXPECT_EQ(h.round().held, h.world.now - seconds{20});
  EXPECT_EQ(h.round().next, h.world.now + seconds{40});
  h.pass(seconds{39});
  EXPECT_THAT(h.rounds, SizeIs(1));
  h.pass(seconds{2});
  EXPECT_THAT(h.rounds, SizeIs(2));
}

TEST_F(RoundsBeside, OneThatTakesLongerThanTheIntervalSaysSo) {
  h.pass(seconds{30});
  hold();
  EXPECT_THAT(h.round().notes, IsEmpty());
  h.pass(seconds{120});
  hold();
  ASSERT_THAT(h.round().notes, SizeIs(1));
  EXPECT_THAT(h.round().notes[0], HasSubstr("longer than spec.consolidation.interval (1m)"));
}

TEST_F(RoundsBeside, OneThatIsHeldForFiveMinutesAndThreeIntervalsIsTalkedAboutUntilItHasEnded) {
  const std::string since = to_rfc3339(h.world.now);
  const auto remarks = [&] { return h.core().reports(h.world.view).at(0).rule.remarks; };
  h.pass(minutes{5} - seconds{1});
  EXPECT_THAT(remarks(), IsEmpty());
  h.pass(seconds{1});
  ASSERT_THAT(remarks(), SizeIs(1));
  EXPECT_THAT(remarks()[0], HasSubstr("a round has been held since " + since));
  EXPECT_THAT(h.statuses.at({"", "pack"}).conditions.at(0).message, HasSubstr(remarks()[0]));
  hold();
  EXPECT_THAT(remarks(), IsEmpty());
  settings([](ConsolidationSettings& s) { s.interval = minutes{10}; });
  h.pass(minutes{29});
  EXPECT_THAT(remarks(), IsEmpty());
  h.pass(minutes{2});
  EXPECT_THAT(remarks(), SizeIs(1));
}

TEST_F(RoundsBeside, WhatTheLastOneAdvisedStandsNoLongerOnceFiguresSayNothing) {
  script.orders = {{"n3", Act::Retire}};
  script.moves = {{"a", "n2"}};
  h.world.view.limits.in_cluster = 0;
  hold();
  h.pass(minutes{1});
  ASSERT_THAT(h.rounds, SizeIs(2));
  EXPECT_EQ(h.decision("a").reason, Reason::ClusterLimit);
  h.use.clear();
  h.pass(minutes{3});
  EXPECT_EQ(h.decision("a").message, "there is no decision");
  EXPECT_THAT(h.round().orders, IsEmpty());
  EXPECT_EQ(h.core().reports(h.world.view).at(0).rule.problem->message, "no VM's CPU and memory use is known");
  hold();
  EXPECT_THAT(h.round().orders, IsEmpty()) << "nor does what it advised that was held on older ones";
  for (const char* vm : {"a", "b"}) h.uses(vm, 1);
  h.pass(minutes{3});
  ASSERT_THAT(h.rounds, SizeIs(3));
  hold();
  EXPECT_FALSE(h.round().orders.empty());
}

TEST_F(RoundsBeside, OneThatTakesLongIsTakenUpWhileFiguresSaySomething) {
  script.moves = {{"a", "n3"}};
  h.pass(minutes{40});
  hold();
  EXPECT_THAT(moved(), ElementsAre("a to n3"));
}

TEST_F(RoundsBeside, WhatTheLastOneAdvisedStandsUntilThen) {
  script.orders = {{"n3", Act::Retire}};
  script.moves = {{"a", "n2"}};
  h.world.view.limits.in_cluster = 0;
  hold();
  h.pass(minutes{5});
  EXPECT_EQ(h.decision("a").reason, Reason::ClusterLimit);
  EXPECT_FALSE(h.round().orders.empty());
  script = {};
  hold();
  EXPECT_EQ(h.decision("a").message, "there is no decision");
  EXPECT_THAT(h.round().orders, IsEmpty());
}

TEST_F(RoundsBeside, SeeTheClusterAsItWasWhenTheyWereAskedFor) {
  h.world.add_vm("c", "n3");
  h.world.erase_vm("a");
  h.step(ViewChanged{});
  hold();
  ASSERT_THAT(script.pools, SizeIs(1));
  std::vector<std::string> seen;
  for (const PoolVm& vm : script.pools[0].vms) seen.push_back(vm.key.name);
  EXPECT_THAT(seen, ElementsAre("a", "b"));
  EXPECT_TRUE(script.first_may_go_to_second) << "and can be asked of it";
}

TEST_F(RoundsBeside, LendTheStrategyAndGetItBack) {
  const Strategy* lent = h.rounds[0].second.question->strategy.get();
  hold();
  h.pass(minutes{1});
  ASSERT_THAT(h.rounds, SizeIs(2));
  EXPECT_EQ(h.rounds[1].second.question->strategy.get(), lent);
}

TEST_F(RoundsBeside, OneThatIsNotHeldIsAskedForAgainOfTheSameStrategy) {
  const Strategy* lent = h.rounds[0].second.question->strategy.get();
  h.step(not_held(h.rounds[0].first, h.rounds[0].second, {ErrorClass::Retryable, "too many wait"}));
  const auto reports = h.core().reports(h.world.view);
  ASSERT_TRUE(reports.at(0).rule.problem.has_value());
  EXPECT_EQ(reports[0].rule.problem->message, "the round was not held: too many wait");
  h.pass(minutes{1});
  ASSERT_THAT(h.rounds, SizeIs(2));
  EXPECT_EQ(h.rounds[1].second.question->strategy.get(), lent);
}

TEST_F(RoundsBeside, AreNotTakenUpOnceThePolicyHasChanged) {
  script.moves = {{"a", "n3"}};
  settings([](ConsolidationSettings& s) { s.max_moves = 3; });
  h.step(ViewChanged{});
  h.pass(seconds{2});
  ASSERT_THAT(h.rounds, SizeIs(2)) << "it is asked anew, with the new settings";
  h.step(hold(h.rounds[0]));
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.round().held, Instant{});
  hold();
  EXPECT_THAT(moved(), ElementsAre("a to n3"));
}

TEST_F(RoundsBeside, AreNotTakenUpWhenItChangesTogetherWithTheAnswer) {
  script.moves = {{"a", "n3"}};
  settings([](ConsolidationSettings& s) { s.max_moves = 3; });
  hold();
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_THAT(h.rounds, SizeIs(2));
}

TEST_F(RoundsBeside, AreNotTakenUpOnceThePolicyIsSuspended) {
  script.moves = {{"a", "n3"}};
  h.world.change_policy("/pack", [](Policy& p) { p.spec.suspend = true; });
  h.pass(seconds{2});
  hold();
  EXPECT_THAT(h.creates, IsEmpty());
  h.world.change_policy("/pack", [](Policy& p) { p.spec.suspend = false; });
  h.pass(seconds{2});
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_THAT(h.rounds, SizeIs(2));
}

TEST_F(RoundsBeside, AreNotTakenUpOnceThePolicyIsGone) {
  script.moves = {{"a", "n3"}};
  h.world.view.policies.clear();
  h.pass(seconds{2});
  hold();
  EXPECT_THAT(h.creates, IsEmpty());
}

TEST_F(RoundsBeside, AreNotTakenUpByALaterTerm) {
  script.moves = {{"a", "n3"}};
  h.step(LeadershipChanged{false});
  h.step(hold(h.rounds[0]));
  h.lead();
  ASSERT_THAT(h.rounds, SizeIs(2));
  EXPECT_THAT(h.creates, IsEmpty());
  hold();
  EXPECT_THAT(moved(), ElementsAre("a to n3"));
}

TEST_F(RoundsBeside, OneOfAnEarlierTermIsNotTakenForTheNewOne) {
  script.moves = {{"a", "n3"}};
  h.step(LeadershipChanged{false});
  h.lead();
  h.step(hold(h.rounds[0]));
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.round().held, Instant{});
}

TEST_F(RoundsBeside, AClockPutBackMeanwhileMovesTheNextOneWithIt) {
  h.pass(seconds{20});
  h.world.now -= hours{3};
  h.step(Tick{});
  hold();
  EXPECT_EQ(h.round().held, h.world.now - seconds{20});
  EXPECT_EQ(h.round().next, h.world.now + seconds{40});
  EXPECT_THAT(h.round().notes, IsEmpty());
}

TEST_F(RoundsBeside, OrdersForNodesThatAreNotWhatTheyWereAreDropped) {
  h.world.change_policy("/pack", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  script.orders = {{"n1", Act::Retire}, {"n2", Act::Retire}, {"n3", Act::Retire}, {"n4", Act::Retire}};
  h.world.change_node("n2", [](Node& n) { n.uid = "another"; });
  h.world.change_node("n3", [](Node& n) { n.marks.life = NodeLife::Empty; });
  h.world.view.nodes.erase({"", "n4"});
  hold();
  EXPECT_THAT(ordered(), ElementsAre("n1"));
}

TEST_F(RoundsBeside, ANodeThatWasHeldMeanwhileIsNotEmptied) {
  script.orders = {{"n1", Act::Retire}};
  script.moves = {{"a", "n3"}};
  h.world.change_node("n1", [](Node& n) { n.labels.set("drover.dev/hands-off", "true"); });
  hold();
  h.pass(seconds{5});
  EXPECT_THAT(h.marks, IsEmpty());
  EXPECT_THAT(h.creates, IsEmpty());
}

TEST_F(RoundsBeside, AMoveOfAVmThatMovedOrIsAnotherByNowIsDropped) {
  script.moves = {{"a", "n3"}, {"b", "n4"}};
  h.world.change_vm("a", [](Vm& vm) { vm.node = "n2"; });
  h.world.change_vm("b", [](Vm& vm) { vm.uid = "another"; });
  hold();
  h.pass(seconds{5});
  EXPECT_THAT(h.creates, IsEmpty());
}

TEST_F(RoundsBeside, AMoveIsNotMadeOnceAnotherVmHasComeToItsTargetMeanwhile) {
  script.moves = {{"a", "n3"}};
  h.world.add_vm("c", "n3");
  hold();
  h.pass(seconds{5});
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("a").reason, Reason::AdviceOutdated);
}

TEST_F(RoundsBeside, AMoveIsNotMadeToATargetThatBecameUnfitMeanwhile) {
  script.moves = {{"a", "n3"}};
  h.world.change_node("n3", [](Node& n) { n.unschedulable = true; });
  hold();
  h.pass(seconds{5});
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("a").reason, Reason::NoFeasibleNode);
}

TEST_F(RoundsBeside, TheFirstDecisionsAreFormedWhenTheFirstHasBeenHeld) {
  h.pass(seconds{10});
  EXPECT_EQ(h.core().first_decisions_hash(), "");
  hold();
  EXPECT_NE(h.core().first_decisions_hash(), "");
}

TEST_F(RoundsBeside, OneThatIsStoppedInTheMiddleHasNoOutcome) {
  bool stop = false;
  script.meanwhile = [&](const Pool& pool) {
    EXPECT_FALSE(pool.is_stopped());
    stop = true;
    EXPECT_TRUE(pool.is_stopped()) << "the strategy can tell";
  };
  const RoundHeld answer = hold_round(h.rounds[0].first, h.rounds[0].second, [&] { return stop; });
  ASSERT_FALSE(answer.outcome);
  EXPECT_EQ(answer.outcome.error().cls, ErrorClass::Cancelled);
  EXPECT_NE(answer.strategy, nullptr);
}

TEST_F(RoundsBeside, OneThatIsStoppedAsksNoStrategyAndGivesItBack) {
  const RoundHeld answer = hold_round(h.rounds[0].first, h.rounds[0].second, [] { return true; });
  ASSERT_FALSE(answer.outcome);
  EXPECT_EQ(answer.outcome.error().cls, ErrorClass::Cancelled);
  EXPECT_THAT(script.pools, IsEmpty());
  EXPECT_NE(answer.strategy, nullptr);
}

}  // namespace
}  // namespace drover::test
