#include "core/invariants.h"

#include <gtest/gtest.h>

#include "world.h"

namespace drover::test {
namespace {

// Each test plans an effect that breaks one invariant; the check must name it.
class InvariantTest : public ::testing::Test {
 protected:
  InvariantTest() {
    for (const char* node : {"n1", "n2"}) w.add_node(node);
    w.add_vm("web", "n1");
    w.add_vm("db", "n1");
    w.add_policy("policy", [](Policy& p) { p.spec.budgets = {Budget{.migrations = 10}}; });
  }
  std::string broken(bool leading = true, std::string target = "n2") {
    const CreateMigration effect{.policy = {key_of("policy"), "uid-policy"},
                                 .name = "m",
                                 .vm = key_of("web"),
                                 .vm_uid = "uid-web",
                                 .source = "n1",
                                 .target = std::move(target)};
    const auto violation = broken_by(effect, w.view, plan ? *plan : Plan(w.view), leading, {}, w.now);
    return violation ? violation->invariant : "";
  }
  World w;
  std::optional<Plan> plan;
};

TEST_F(InvariantTest, ASoundEffectPasses) {
  EXPECT_EQ(broken(), "");
}

TEST_F(InvariantTest, OnlyTheLeaderActs) {
  EXPECT_EQ(broken(false), "OnlyTheLeaderActs");
}

TEST_F(InvariantTest, NoVmInTwoMoves) {
  w.add_migration("other", "web", "n2");
  EXPECT_EQ(broken(), "NoVmInTwoMoves");
  plan = Plan(World().view);  // even if the plan has forgotten it
  EXPECT_EQ(broken(), "NoVmInTwoMoves");
}

TEST_F(InvariantTest, NoVmInTwoMovesOfThePlan) {
  plan = Plan(w.view);
  plan->add({.vm = key_of("web"), .source = "n1", .target = "n2"});
  EXPECT_EQ(broken(), "NoVmInTwoMoves");
}

TEST_F(InvariantTest, TargetFits) {
  w.change_node("n2", [](Node& n) { n.unschedulable = true; });
  EXPECT_EQ(broken(), "TargetFits");
  EXPECT_EQ(broken(true, "nowhere"), "TargetFits");
}

TEST_F(InvariantTest, BudgetsHoldMovesInFlightIncluded) {
  w.change_policy("policy", [](Policy& p) { p.spec.budgets = {Budget{.migrations = 1}}; });
  w.add_migration("other", "db", "n2");
  EXPECT_EQ(broken(), "LimitsHold");
}

TEST_F(InvariantTest, KubeVirtsLimitsHold) {
  w.view.limits.out_of_node = 1;
  w.add_migration("other", "db", "n2");
  EXPECT_EQ(broken(), "LimitsHold");
  w.view.limits.out_of_node = 5;
  EXPECT_EQ(broken(), "");
  w.view.limits.in_cluster = 1;
  EXPECT_EQ(broken(), "LimitsHold");
}

TEST_F(InvariantTest, WindowsHold) {
  w.change_policy("policy", [](Policy& p) { p.spec.schedule = {Window{.cron = "0 3 * * *", .duration = hours{1}}}; });
  EXPECT_EQ(broken(), "LimitsHold");
}

TEST_F(InvariantTest, OnlyOursIsCancelled) {
  w.add_migration("theirs", "web", "n2", [](Migration& m) { m.labels = {}; });
  const CancelMigration effect{.migration = key_of("theirs"), .uid = "uid-theirs", .vm = key_of("web")};
  const auto violation = broken_by(effect, w.view, true);
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->invariant, "OnlyOursIsCancelled");
}

}  // namespace
}  // namespace drover::test
