#include "papers/table1.h"

#include <gtest/gtest.h>

#include "papers/baseline_thresholds.h"

namespace drover::papers {
namespace {

Table1Result run(const Table1Setup& setup, Strategy* strategy = nullptr) {
  return run_table1(setup, strategy);
}

std::unique_ptr<Strategy> strategy_of(ConsolidationStrategy which) {
  ConsolidationSettings settings;
  settings.strategy = which;
  settings.max_moves = 1000;
  settings.reserve_nodes = 0;
  settings.retirement_threshold = seconds{5};
  settings.power_down.after = Duration{0};
  return make_strategy(settings);
}

TEST(Table1, WithoutPowerAwarenessEveryHostDrawsItsMaximumToTheEnd) {
  const auto result = run({.always_full_power = true});
  EXPECT_NEAR(result.energy_kwh, 100 * 250.0 * result.frames * 5 / 3.6e6, 1e-9);
  EXPECT_NEAR(result.energy_kwh, 9.14, 0.02 * 9.14);
  EXPECT_EQ(result.migrations, 0);
}

// A VM of 250 MIPS wants 125 on average and has 150,000 million instructions to do: 20 minutes, and the last of 73 a little longer.
TEST(Table1, ARunIsAsLongAsItsSlowestVm) {
  const auto result = run({});
  EXPECT_GE(result.frames, 240);
  EXPECT_LE(result.frames, 280);
}

TEST(Table1, AHostDrawsByItsUseAndNothingWhileItIsEmpty) {
  const auto result = run({.hosts = 1, .vms = 1, .work = 12'500});  // one VM of 250 MIPS on one host of 1000
  const double least = (175.0 * result.frames * 5 + 75 * 12'500 / 1000.0) / 3.6e6;
  EXPECT_GE(result.energy_kwh, least);
  EXPECT_LE(result.energy_kwh, least + 75 * 0.25 * 5 / 3.6e6);  // the last frame does more than was left
  EXPECT_EQ(run({.hosts = 30, .vms = 1, .work = 12'500}).energy_kwh, result.energy_kwh);
}

TEST(Table1, DeployedByWhatTheyMayUseNoVmGoesShort) {
  const auto result = run({});
  EXPECT_EQ(result.undelivered, 0);
  EXPECT_EQ(result.violations, 0);
  EXPECT_EQ(result.served_then, 1);
  EXPECT_NEAR(result.energy_kwh, 4.42, 0.03 * 4.42);
}

TEST(Table1, TheThresholdPoliciesStandWhereTheyWerePublished) {
  const auto st = make_single_threshold(0.5);
  const auto single = run({}, st.get());
  EXPECT_NEAR(single.energy_kwh, 2.03, 0.15 * 2.03);
  EXPECT_NEAR(single.migrations, 35'226, 0.15 * 35'226);
  const auto mm = make_minimization_of_migrations(0.3, 0.7);
  const auto two = run({}, mm.get());
  EXPECT_NEAR(two.energy_kwh, 1.48, 0.15 * 1.48);
  EXPECT_NEAR(two.migrations, 3'359, 0.15 * 3'359);
  EXPECT_GT(two.undelivered, 0);
  EXPECT_LT(two.undelivered, single.undelivered);
}

TEST(Table1, WhatIsMadeUpLaterMakesTheRunLonger) {
  const auto st = make_single_threshold(0.6);
  const auto lost = run({}, st.get());
  const auto made_up = run({.makes_up = true}, st.get());
  EXPECT_GT(made_up.frames, lost.frames);
  EXPECT_GT(made_up.energy_kwh, lost.energy_kwh);
}

TEST(Table1, DemandDoesNotDependOnTheStrategy) {
  const auto mm = make_minimization_of_migrations(0.5, 0.9);
  EXPECT_EQ(run({}, mm.get()).floor_kwh, run({}).floor_kwh);
  EXPECT_NE(run({.seed = 2}).floor_kwh, run({}).floor_kwh);
}

TEST(Table1, DroversStrategiesMoveOnlyToHostsThatTakeVmsAndSaveEnergy) {
  const double still = run({}).energy_kwh;
  for (const auto which : {ConsolidationStrategy::DynamicRoundRobin, ConsolidationStrategy::Fuzzy}) {
    const auto strategy = strategy_of(which);
    const auto result = run({}, strategy.get());
    EXPECT_EQ(result.refused, 0) << to_string(which);
    EXPECT_LT(result.energy_kwh, still) << to_string(which);
    EXPECT_GT(result.energy_kwh, result.floor_kwh) << to_string(which);
    const auto again = strategy_of(which);
    const auto repeated = run({}, again.get());
    EXPECT_EQ(repeated.energy_kwh, result.energy_kwh) << to_string(which);
    EXPECT_EQ(repeated.migrations, result.migrations) << to_string(which);
  }
}

TEST(Table1, AStrategyMayDeployTheVmsItself) {
  const auto strategy = strategy_of(ConsolidationStrategy::DynamicRoundRobin);
  const auto deployed = run({.strategy_places = true}, strategy.get());
  const auto given = strategy_of(ConsolidationStrategy::DynamicRoundRobin);
  EXPECT_NE(deployed.energy_kwh, run({}, given.get()).energy_kwh);
}

}  // namespace
}  // namespace drover::papers
