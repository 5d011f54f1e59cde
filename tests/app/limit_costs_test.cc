#include "app/limit_costs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Policy packing() {
  Policy policy;
  policy.ref = {{"", "pack"}, "uid-pack"};
  policy.generation = 1;
  policy.spec.mode = PolicyMode::Enforce;
  policy.spec.budgets = {{.migrations = {}, .percent = 100, .window = {}}};
  policy.spec.per_vm = {.cooldown = Duration::zero(), .moves_per_day = 1000};
  ConsolidationSettings settings;
  settings.max_moves = 1000;
  settings.move_cost_joules = 0;
  settings.overload = 1;
  settings.reserve_nodes = 0;
  settings.power_down = {.enabled = true, .after = Duration::zero(), .max_resting_percent = 100};
  policy.spec.settings = settings;
  return policy;
}

std::vector<std::string> names(const Policy& policy) {
  std::vector<std::string> found;
  for (const LiftedLimit& lifted : lift_each_limit({policy})) {
    EXPECT_EQ(lifted.policies.at(0).spec, packing().spec) << lifted.name;
    found.push_back(lifted.name);
  }
  return found;
}

TEST(LimitCosts, APolicyWithoutLimitsHasNoneToLift) {
  EXPECT_THAT(names(packing()), IsEmpty());
}

TEST(LimitCosts, EachLimitIsLiftedAlone) {
  const auto with = [](const std::function<void(PolicySpec&, ConsolidationSettings&)>& edit) {
    Policy policy = packing();
    edit(policy.spec, std::get<ConsolidationSettings>(policy.spec.settings));
    return names(policy);
  };
  EXPECT_THAT(with([](auto& spec, auto&) { spec.schedule = {{.cron = "@daily", .duration = hours{1}}}; }),
              ElementsAre("spec.schedule"));
  EXPECT_THAT(with([](auto& spec, auto&) { spec.budgets = {kDefaultBudget}; }), ElementsAre("spec.disruption.budgets"));
  EXPECT_THAT(with([](auto& spec, auto&) { spec.per_vm.moves_per_day = 4; }), ElementsAre("spec.perVM"));
  EXPECT_THAT(with([](auto& spec, auto&) { spec.targets.zones = {"a"}; }), ElementsAre("spec.targets"));
  EXPECT_THAT(with([](auto&, auto& s) { s.max_moves = 10; }), ElementsAre("spec.consolidation.maxMoves"));
  EXPECT_THAT(with([](auto&, auto& s) { s.move_cost_joules = 9; }), ElementsAre("spec.consolidation.moveCostJoules"));
  EXPECT_THAT(with([](auto&, auto& s) { s.overload = 0.8; }), ElementsAre("spec.consolidation.overload"));
  EXPECT_THAT(with([](auto&, auto& s) { s.reserve_nodes = 1; }), ElementsAre("spec.consolidation.reserve"));
  EXPECT_THAT(with([](auto&, auto& s) { s.power_down.after = minutes{9}; }), ElementsAre("spec.consolidation.powerDown.after"));
  EXPECT_THAT(with([](auto&, auto& s) { s.power_down.max_resting_percent = 40; }),
              ElementsAre("spec.consolidation.powerDown.maxResting"));
}

TEST(LimitCosts, AreTheDifferenceThatTheRunWithoutThemMakesTheDearestFirst) {
  Policy policy = packing();
  auto& settings = std::get<ConsolidationSettings>(policy.spec.settings);
  settings.reserve_nodes = 1;
  settings.max_moves = 10;
  sim::Report base;
  base.totals.joules = 10 * kJoulesPerKilowattHour;
  base.totals.unserved = 0.01;
  const auto costs = cost_of_limits({policy}, base, [](const std::vector<Policy>& policies) {
    sim::Report without;
    const bool reserved = std::get<ConsolidationSettings>(policies.at(0).spec.settings).reserve_nodes > 0;
    without.totals.joules = (reserved ? 9.5 : 8) * kJoulesPerKilowattHour;
    without.totals.unserved = 0.02;
    return without;
  });
  ASSERT_EQ(costs.size(), 2U);
  EXPECT_EQ(costs[0].name, "spec.consolidation.reserve");
  EXPECT_DOUBLE_EQ(costs[0].joules, 2 * kJoulesPerKilowattHour);
  EXPECT_DOUBLE_EQ(costs[0].unserved, 0.01);
  EXPECT_EQ(costs[1].name, "spec.consolidation.maxMoves");
  EXPECT_THAT(text_of(costs), HasSubstr("without spec.consolidation.reserve                  -2.000 kWh"));
  EXPECT_THAT(json_of(costs), HasSubstr("{\"limit\":\"spec.consolidation.maxMoves\",\"costKWh\":0.5"));
}

}  // namespace
}  // namespace drover
