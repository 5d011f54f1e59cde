#include "core/limits.h"

#include <gtest/gtest.h>

#include <functional>

#include "world.h"

namespace drover::test {
namespace {

// "web" and "db" on n1, bound by an owner's policy that allows much.
class LimitsTest : public ::testing::Test {
 protected:
  LimitsTest() {
    for (const char* node : {"n1", "n2"}) w.add_node(node);
    w.add_vm("web", "n1");
    w.add_vm("db", "n1");
    w.add_policy("policy", [](Policy& p) {
      p.spec.budgets = {Budget{.migrations = 10}};
      p.spec.per_vm = {.cooldown = Duration::zero(), .moves_per_day = 10};
    });
  }
  // A move of "web" that is over.
  void moved(Duration ago, MoveResult result = MoveResult::Succeeded) {
    w.change_policy("policy", [&](Policy& p) {
      p.status.moves.push_back({.vm = "web",
                                .vm_uid = "uid-web",
                                .migration_uid = "m" + std::to_string(p.status.moves.size()),
                                .started = w.now - ago - minutes{1},
                                .ended = w.now - ago,
                                .result = result});
    });
  }
  void spec(const std::function<void(PolicySpec&)>& edit) {
    w.change_policy("policy", [&](Policy& p) { edit(p.spec); });
  }
  auto with(const auto& ask) {
    const Bounds bounds(w.view, w.now);
    const Ledger ledger(w.view, {}, w.now);
    Limits limits(w.view, bounds, ledger, refusals, w.now);
    return ask(limits);
  }
  std::optional<Limit> first() {
    return with([&](Limits& limits) { return limits.first(w.vm_ref("web"), Plan(w.view)); });
  }
  bool any_of_its_own() {
    return with([&](Limits& limits) { return limits.any_of_its_own(w.vm_ref("web")); });
  }
  // One limit holds: for this reason, in these words, and it is one of the VM's own or one that the plan's other moves use up.
  void expect_held(Reason reason, const std::string& text, bool its_own) {
    const auto limit = first();
    ASSERT_TRUE(limit);
    EXPECT_EQ(limit->reason(), reason) << to_string(limit->reason());
    EXPECT_EQ(limit->text(), text);
    EXPECT_EQ(any_of_its_own(), its_own);
  }

  World w;  // at 12:00 UTC
  std::map<ObjectKey, Refusal> refusals;
};

TEST_F(LimitsTest, NoneHoldsUnlessSomethingIsInTheWay) {
  EXPECT_FALSE(first());
  EXPECT_FALSE(any_of_its_own());
}

TEST_F(LimitsTest, AScheduleHoldsUntilItOpens) {
  spec([](PolicySpec& s) { s.schedule = {Window{.cron = "0 13 * * *", .duration = hours{1}}}; });
  expect_held(Reason::OutsideSchedule, "outside the schedule of MigrationPolicy vms/policy, which opens at 2026-01-05T13:00:00Z",
              true);
  EXPECT_EQ(first()->not_before, w.now + hours{1});
}

TEST_F(LimitsTest, ACooldownHoldsFromTheEndOfTheLastMove) {
  spec([](PolicySpec& s) { s.per_vm.cooldown = minutes{15}; });
  moved(minutes{14});
  expect_held(Reason::CoolingDown, "it moved not long ago; MigrationPolicy vms/policy lets it rest until 2026-01-05T12:01:00Z",
              true);
}

TEST_F(LimitsTest, ADaysMovesHoldUntilTheOldestIsADayOld) {
  spec([](PolicySpec& s) { s.per_vm.moves_per_day = 2; });
  moved(hours{20});
  EXPECT_FALSE(first());
  moved(hours{7});
  expect_held(Reason::DailyLimit, "MigrationPolicy vms/policy allows 2 moves in 24 h; the next at 2026-01-05T15:59:00Z", true);
}

TEST_F(LimitsTest, AFailureHoldsForAWhile) {
  moved(seconds{30}, MoveResult::Failed);
  expect_held(Reason::BackingOff, "its last migration failed; it is tried again after 2026-01-05T12:00:30Z", true);
}

TEST_F(LimitsTest, ARefusalHoldsForAWhile) {
  refusals[key_of("web")] = {.until = w.now + seconds{5}, .count = 1, .message = "no"};
  expect_held(Reason::Refused, "no; it is tried again after 2026-01-05T12:00:05Z", true);
  refusals[key_of("web")].until = w.now;
  EXPECT_FALSE(first());
}

TEST_F(LimitsTest, ADisruptionBudgetHoldsWhenItAllowsNone) {
  w.add_budget("pdb", {}, 0);
  expect_held(Reason::DisruptionBudgetPdb, "PodDisruptionBudget vms/pdb allows no disruption now", true);
}

TEST_F(LimitsTest, ABudgetCountsTheMovesOfTheVmsThatThePolicySelects) {
  spec([](PolicySpec& s) { s.budgets = {Budget{.migrations = 1}}; });
  w.add_vm("elsewhere/other", "n1");
  w.add_migration("m1", "elsewhere/other", "n2");
  EXPECT_FALSE(first());
  w.add_migration("m2", "db", "n2");
  expect_held(Reason::BudgetExhausted, "the budget of MigrationPolicy vms/policy allows 1 at once and 1 is under way", false);
}

TEST_F(LimitsTest, ThePlatformAllowsSoManyInTheCluster) {
  w.view.limits = {.in_cluster = 1, .out_of_node = 5};
  w.add_migration("m1", "db", "n2");
  expect_held(Reason::ClusterLimit, "KubeVirt allows 1 migrations at once in the cluster and 1 are under way", false);
}

TEST_F(LimitsTest, ThePlatformAllowsSoManyOutOfANode) {
  w.view.limits = {.in_cluster = 5, .out_of_node = 1};
  w.add_migration("m1", "db", "n2");
  expect_held(Reason::OutboundLimit, "KubeVirt allows 1 migrations at once from a node and 1 leave n1", false);
}

TEST_F(LimitsTest, TheFirstThatHoldsIsTheOneThatIsTold) {
  w.view.limits = {.in_cluster = 0, .out_of_node = 0};
  EXPECT_EQ(first()->reason(), Reason::ClusterLimit);
  spec([](PolicySpec& s) { s.budgets = {Budget{.migrations = 0}}; });
  EXPECT_EQ(first()->reason(), Reason::BudgetExhausted);
  w.add_budget("pdb", {}, 0);
  EXPECT_EQ(first()->reason(), Reason::DisruptionBudgetPdb);
  refusals[key_of("web")] = {.until = w.now + seconds{5}, .count = 1, .message = "no"};
  EXPECT_EQ(first()->reason(), Reason::Refused);
  moved(seconds{30}, MoveResult::Failed);
  EXPECT_EQ(first()->reason(), Reason::BackingOff);
  spec([](PolicySpec& s) { s.per_vm.moves_per_day = 0; });
  EXPECT_EQ(first()->reason(), Reason::DailyLimit);
  spec([](PolicySpec& s) { s.per_vm.cooldown = hours{1}; });
  moved(minutes{1});
  EXPECT_EQ(first()->reason(), Reason::CoolingDown);
  spec([](PolicySpec& s) { s.schedule = {Window{.cron = "0 13 * * *", .duration = hours{1}}}; });
  EXPECT_EQ(first()->reason(), Reason::OutsideSchedule);
}

TEST_F(LimitsTest, AllAreListedWithWhereTheyStand) {
  w.add_migration("m1", "db", "n2");
  std::string text;
  for (const Limit& limit : with([&](Limits& limits) { return limits.all(w.vm_ref("web"), Plan(w.view)); }))
    text += limit.name() + ": " + limit.text() + "\n";
  EXPECT_EQ(text,
            "schedule of vms/policy: open\n"
            "cooldown of vms/policy: over\n"
            "moves in 24 h under vms/policy: 0 of 10\n"
            "backoff after failures: none\n"
            "KubeVirt's admission: nothing refused\n"
            "PodDisruptionBudgets: none in the way\n"
            "budget of vms/policy: 1 of 10 under way\n"
            "KubeVirt's limit for the cluster: 1 of 5\n"
            "KubeVirt's limit out of n1: 1 of 2\n");
}

TEST_F(LimitsTest, SoManyMayArriveAtANode) {
  w.add_migration("m1", "db", "n2");
  EXPECT_FALSE(arrivals_at(w.node_ref("n2"), Plan(w.view), {.max_inbound_per_node = 2}).holds);
  const Limit full = arrivals_at(w.node_ref("n2"), Plan(w.view), {.max_inbound_per_node = 1});
  EXPECT_TRUE(full.holds);
  EXPECT_EQ(full.reason(), Reason::InboundLimit);
  EXPECT_EQ(full.text(), "1 migrations already arrive there");
}

// What its owner meant is unknown, so nothing is done to the VMs.
TEST_F(LimitsTest, APolicyWhoseLimitsCannotBeReadClosesItsVms) {
  w.change_policy("policy", [](Policy& p) { p.problem = p.limits_problem = "spec.perVM.cooldown: \"soon\" is not a duration"; });
  expect_held(Reason::PolicyUnreadable,
              "MigrationPolicy vms/policy cannot be read, so it lets nothing move: spec.perVM.cooldown: \"soon\" is not a duration",
              true);
}

TEST_F(LimitsTest, EachMistakeInATimeClosesAndEachMendingOpens) {
  const Window bad_cron{.cron = "0 24 * * *", .duration = hours{1}};
  const Window no_zone{.cron = "0 12 * * *", .duration = hours{1}, .time_zone = "Europe/Berln"};
  for (const Window& window : {bad_cron, no_zone}) {
    spec([&](PolicySpec& s) { s.schedule = {window}; });
    ASSERT_TRUE(first());
    EXPECT_EQ(first()->reason(), Reason::PolicyUnreadable);
    spec([&](PolicySpec& s) {
      s.schedule = {};
      s.budgets = {Budget{.migrations = 10}, Budget{.migrations = 10, .percent = {}, .window = window}};
    });
    ASSERT_TRUE(first());
    EXPECT_EQ(first()->reason(), Reason::PolicyUnreadable);
    spec([](PolicySpec& s) { s.budgets = {Budget{.migrations = 10}}; });
    EXPECT_FALSE(first());
  }
}

TEST_F(LimitsTest, StuckMigrationsOfOthersUseNothingUp) {
  for (int i = 0; i < 6; ++i) {
    const std::string vm = "stuck" + std::to_string(i);
    w.add_vm(vm, "n1");
    w.add_migration("m" + std::to_string(i), vm, "n2", [](Migration& m) {
      m.labels = {};
      m.phase = MigrationPhase::WaitingForSync;
    });
  }
  spec([](PolicySpec& s) { s.budgets = {Budget{.migrations = 1}}; });
  EXPECT_FALSE(first());
  w.change_migration("m0", [](Migration& m) { m.phase = MigrationPhase::Running; });
  ASSERT_TRUE(first());
  EXPECT_EQ(first()->reason(), Reason::BudgetExhausted);
}

}  // namespace
}  // namespace drover::test
