#include "sim/ledger_scribe.h"

#include <gtest/gtest.h>

#include "sim/scenario_file.h"
#include "yaml/policy_file.h"

namespace drover::sim {
namespace {

// A day of the sample, with the policy that packs it.
struct ScribedDay {
  ScribedDay() {
    const std::string samples = std::string(DROVER_SOURCE_DIR) + "/manifests/samples/";
    Scenario scenario = read_scenario(samples + "scenarios/day.yaml").value();
    SimulationOptions options;
    auto file = read_policies(samples + "consolidation.yaml", scenario.start).value();
    for (Policy& policy : file.policies) {
      policy.spec.mode = PolicyMode::Enforce;
      options.policies.push_back(std::move(policy));
    }
    simulation = std::make_unique<Simulation>(std::move(scenario), std::move(options));
    LedgerScribe scribe(*simulation);
    simulation->begin();
    for (Instant at = simulation->scenario().start; at < simulation->end();) {
      at = std::min(at + LedgerScribe::kInterval, simulation->end());
      simulation->run_until(at);
      rows.take(scribe.rows_until(at));
    }
    report = simulation->report();
  }
  std::unique_ptr<Simulation> simulation;
  LedgerRows rows;
  Report report;
};

TEST(LedgerScribe, RowsComeToWhatTheBooksSay) {
  const ScribedDay day;
  double joules = 0;
  double all_on = 0;
  double standby = 0;
  double seconds = 0;
  for (const EnergyRow& row : day.rows.energy) {
    joules += row.joules;
    all_on += row.all_on_joules;
    standby += row.state == EnergyState::Standby ? row.joules : 0;
    seconds += to_seconds(row.until - row.from);
    EXPECT_EQ(hour_of(row.from), hour_of(row.until - Duration{1}));
  }
  EXPECT_NEAR(joules / day.report.totals.joules, 1, 1e-9);
  EXPECT_NEAR(all_on / day.report.totals.all_on_joules, 1, 1e-9);
  EXPECT_NEAR(standby / day.report.totals.standby_joules, 1, 1e-9);
  EXPECT_NEAR(seconds, 86400.0 * static_cast<double>(day.report.nodes), 1e-3);
  EXPECT_EQ(static_cast<std::size_t>(
                std::count_if(day.rows.moves.begin(), day.rows.moves.end(), [](const MoveRow& move) { return move.succeeded; })),
            day.report.counts.migrations);
  double floor = 0;
  for (const FloorRow& row : day.rows.floors) floor += row.joules;
  EXPECT_NEAR(floor / day.report.floor_joules, 1, 1e-9);
  EXPECT_FALSE(day.rows.lives.empty());
}

}  // namespace
}  // namespace drover::sim
