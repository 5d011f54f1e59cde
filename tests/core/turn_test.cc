#include "core/turn.h"

#include <gtest/gtest.h>

#include "world.h"

namespace drover::test {
namespace {

class TurnTest : public testing::Test {
 protected:
  TurnTest() {
    world_.add_node("n1");
    world_.add_vm("db", "n1");
    world_.add_policy("policy", [](Policy& policy) { policy.spec.settings = ThresholdSettings{}; });
  }
  // How many steps the turn takes.
  int take(Turn::News news) {
    int steps = 0;
    turn_.take(
        world_.view, std::move(news), [this] { return world_.now; }, [&](StepResult&) { ++steps; });
    return steps;
  }

  World world_;
  Turn turn_{Core({.signals = {.owner_promql = true}})};
};

TEST_F(TurnTest, TellsACoreThatDoesNotLeadNothing) {
  EXPECT_EQ(take({.leads = false, .view_changed = true, .answers = {EffectDone{1, std::string()}}}), 0);
  EXPECT_FALSE(turn_.due().has_value());
}

TEST_F(TurnTest, TellsLeadershipAndThenEveryAnswerAndThenTheView) {
  EXPECT_EQ(take({.leads = true, .view_changed = true, .answers = {EffectDone{1, std::string()}, EffectDone{2, std::string()}}}),
            4);
  EXPECT_TRUE(turn_.core().leading());
  EXPECT_EQ(take({.leads = true}), 0) << "nothing has come";
}

TEST_F(TurnTest, LeadershipEndsAtOnceAndNothingElseIsTold) {
  take({.leads = true});
  EXPECT_EQ(take({.leads = false, .view_changed = true, .answers = {EffectDone{1, std::string()}}}), 1);
  EXPECT_FALSE(turn_.core().leading());
  EXPECT_FALSE(turn_.due().has_value());
}

TEST_F(TurnTest, CallsTheCoreWhenItsTimeHasCome) {
  take({.leads = true, .view_changed = true});
  ASSERT_TRUE(turn_.due().has_value());
  EXPECT_FALSE(turn_.is_due(world_.now));
  world_.now = *turn_.due();
  EXPECT_TRUE(turn_.is_due(world_.now));
  EXPECT_EQ(take({.leads = true}), 1);
}

TEST_F(TurnTest, CallsTheCoreWhenTheClockWasPutBack) {
  take({.leads = true, .view_changed = true});
  ASSERT_TRUE(turn_.due().has_value());
  world_.now -= hours{1};
  EXPECT_TRUE(turn_.is_due(world_.now)) << "the old time comes again in an hour";
  EXPECT_EQ(take({.leads = true}), 1);
}

}  // namespace
}  // namespace drover::test
