#include "report/energy_report.h"

#include <gtest/gtest.h>

#include <cmath>

#include "report/report_text.h"

namespace drover::test {
namespace {

constexpr double kKwh = 3.6e6;

// Hours that the ledger has of two nodes: what each test is about is changed.
NodeHour node_hour(const std::string& node, EnergyState state, EnergyClass cls, EnergyClass baseline, double joules,
                   double all_on) {
  return {.hour = 100,
          .node = node,
          .policy = "pack",
          .state = state,
          .source = cls == EnergyClass::Modelled ? "model" : "redfish",
          .cls = cls,
          .input = true,
          .baseline = baseline,
          .seconds = 3600,
          .joules = joules,
          .all_on_joules = all_on,
          .copy_joules = 0,
          .overloaded_seconds = 0,
          .known_load_seconds = state == EnergyState::On ? 3600.0 : 0};
}

ReportQuestion question(GroupBy by = GroupBy::Node) {
  return {.from = Instant{hours{96}}, .until = Instant{hours{120}}, .by = by};
}

TEST(EnergyReport, NeverAddsWhatIsModelledToWhatIsMetered) {
  LedgerExtract extract;
  extract.nodes = {node_hour("a", EnergyState::Standby, EnergyClass::Measured, EnergyClass::Measured, 10, 100),
                   node_hour("b", EnergyState::Standby, EnergyClass::Modelled, EnergyClass::Modelled, 20, 200),
                   node_hour("c", EnergyState::Standby, EnergyClass::Measured, EnergyClass::Modelled, 30, 300)};
  const EnergyReport report = make_energy_report(extract, question());
  EXPECT_EQ(report.metered.saved(), 90);
  EXPECT_EQ(report.modelled.saved(), 180 + 270) << "metered on one side only is modelled";
  ASSERT_EQ(report.groups.size(), 3U);
  EXPECT_EQ(report.groups[1].metered.joules, 0);
  EXPECT_EQ(report.groups[1].modelled.joules, 20);
}

TEST(EnergyReport, SavedIsNetOfStandbyBootsAndShutdowns) {
  LedgerExtract extract;
  using enum EnergyState;
  constexpr auto kModel = EnergyClass::Modelled;
  extract.nodes = {node_hour("a", On, kModel, kModel, 105, 100), node_hour("a", Standby, kModel, kModel, 10, 100),
                   node_hour("a", Boot, kModel, kModel, 150, 100), node_hour("a", Shutdown, kModel, kModel, 90, 100)};
  extract.nodes[0].copy_joules = 5;
  const EnergyReport report = make_energy_report(extract, question());
  EXPECT_EQ(report.modelled.saved(), 400 - 355);
  EXPECT_EQ(report.modelled.standby_joules, 10);
  EXPECT_EQ(report.modelled.boot_joules, 150);
  EXPECT_EQ(report.modelled.shutdown_joules, 90);
  EXPECT_EQ(report.modelled.lower_bound_joules, 90 - 150 - 90 - 5);
  EXPECT_EQ(report.nodes, 1U);
}

TEST(EnergyReport, ASavingIsAsUncertainAsWhatItIsMadeOf) {
  using enum EnergyClass;
  const auto width = [](const NodeHour& hour) {
    LedgerExtract extract;
    extract.nodes = {hour};
    const EnergyReport report = make_energy_report(extract, question());
    return std::max(report.metered.half_width_joules, report.modelled.half_width_joules);
  };
  EXPECT_NEAR(width(node_hour("a", EnergyState::Standby, Measured, Measured, 10, 110)), 5, 1e-9);
  EXPECT_NEAR(width(node_hour("a", EnergyState::Standby, Derived, Measured, 10, 110)), 10, 1e-9);
  EXPECT_NEAR(width(node_hour("a", EnergyState::Standby, Modelled, Modelled, 10, 110)), std::hypot(2, 22), 1e-9);
  EXPECT_NEAR(width(node_hour("a", EnergyState::On, Modelled, Modelled, 105, 100)), 1, 1e-9);
}

TEST(EnergyReport, ErrorsOfOneKindOfMeterAddUpInPartAndKindsAreIndependent) {
  using enum EnergyClass;
  LedgerExtract alike;
  for (const char* node : {"a", "b", "c", "d"})
    alike.nodes.push_back(node_hour(node, EnergyState::Standby, Measured, Measured, 0, 100));  // 5 each
  const double together = make_energy_report(alike, question()).metered.half_width_joules;
  EXPECT_NEAR(together, std::sqrt(20.0 * 20 / 2 + 4 * 25.0 / 2), 1e-9);
  LedgerExtract unlike;
  unlike.nodes = {alike.nodes[0], alike.nodes[1]};
  unlike.nodes[1].source = "kepler";
  EXPECT_NEAR(make_energy_report(unlike, question()).metered.half_width_joules, std::hypot(5, 5), 1e-9);
}

TEST(EnergyReport, ASmallSavingIsNotShownAndUnmeteredTimeMakesItIndicative) {
  LedgerExtract extract;
  extract.nodes = {node_hour("a", EnergyState::Standby, EnergyClass::Modelled, EnergyClass::Modelled, 100, 120)};
  const EnergyReport report = make_energy_report(extract, question());
  EXPECT_FALSE(report.modelled.is_shown());
  EXPECT_EQ(report.unmetered_share(), 1);
  EXPECT_TRUE(report.is_indicative());
}

TEST(EnergyReport, TimeOfWhichNothingIsKnownHasNoJoules) {
  LedgerExtract extract;
  extract.nodes = {node_hour("a", EnergyState::On, EnergyClass::Absent, EnergyClass::Absent, 0, 0),
                   node_hour("a", EnergyState::On, EnergyClass::Measured, EnergyClass::Measured, 100, 100)};
  const EnergyReport report = make_energy_report(extract, question());
  EXPECT_EQ(report.absent_seconds, 3600);
  EXPECT_EQ(report.metered.seconds, 3600);
  EXPECT_EQ(report.unmetered_share(), 0.5);
}

TEST(EnergyReport, WhatNoRowTellsOfIsUnknownAndNotZero) {
  LedgerExtract extract;
  extract.nodes = {node_hour("a", EnergyState::Standby, EnergyClass::Modelled, EnergyClass::Modelled, 10, 100)};
  MoveRow move;
  move.succeeded = true;
  extract.moves = {move};
  LedgerExtract unmeasured;
  unmeasured.nodes = {node_hour("a", EnergyState::On, EnergyClass::Measured, EnergyClass::Measured, 10, 10)};
  unmeasured.nodes[0].known_load_seconds = 0;
  EXPECT_EQ(make_energy_report(unmeasured, question()).slatah, std::nullopt) << "on, but nobody measured its load";
  const EnergyReport report = make_energy_report(extract, question());
  EXPECT_EQ(report.slatah, std::nullopt) << "no node was on";
  EXPECT_EQ(report.pdm, std::nullopt) << "no VM wanted anything";
  EXPECT_EQ(report.slav(), std::nullopt);
  EXPECT_EQ(report.unserved, std::nullopt);
  EXPECT_EQ(report.esv_of(report.modelled), std::nullopt);
  EXPECT_EQ(report.moves_of_unknown_downtime, 1U);
  EXPECT_NE(table_of(report).find("unknown, unknown, unknown\n"), std::string::npos) << table_of(report);
  EXPECT_NE(table_of(report).find("unknown of 1 moves"), std::string::npos);
  EXPECT_NE(json_of(report).find("\"slatah\":null,\"pdm\":null,\"slav\":null"), std::string::npos) << json_of(report);
  EXPECT_NE(html_of(report).find("unknown, unknown"), std::string::npos);
}

TEST(EnergyReport, ValuesEachJouleByThePriceOfItsHour) {
  LedgerExtract extract;
  extract.nodes = {node_hour("a", EnergyState::Standby, EnergyClass::Modelled, EnergyClass::Modelled, kKwh, 3 * kKwh),
                   node_hour("a", EnergyState::Standby, EnergyClass::Modelled, EnergyClass::Modelled, kKwh, 3 * kKwh)};
  extract.nodes[1].hour = 101;
  ReportQuestion asked = question();
  asked.price = Factor::series(R"([{"timestamp": "1970-01-05T04:00:00Z", "duration": 60, "value": 200},
                                   {"timestamp": "1970-01-05T05:00:00Z", "duration": 60, "value": -50}])",
                               0.001)
                    .value();
  asked.carbon = Factor::constant(400);
  const EnergyReport report = make_energy_report(extract, asked);
  EXPECT_NEAR(*report.modelled.cost, 0.2 - 0.05, 1e-12);
  EXPECT_NEAR(*report.modelled.saved_cost, 2 * (0.2 - 0.05), 1e-12);
  EXPECT_NEAR(*report.modelled.saved_grams, 1600, 1e-9);
  extract.nodes[1].hour = 110;
  const EnergyReport gap = make_energy_report(extract, asked);
  EXPECT_NEAR(*gap.modelled.cost, 0.2, 1e-12);
  EXPECT_EQ(gap.unpriced_joules, kKwh);
}

TEST(EnergyReport, SlatahIsTheMeanOverNodesAndPdmOverVms) {
  LedgerExtract extract;
  extract.nodes = {node_hour("a", EnergyState::On, EnergyClass::Modelled, EnergyClass::Modelled, 1, 1),
                   node_hour("b", EnergyState::On, EnergyClass::Modelled, EnergyClass::Modelled, 1, 1)};
  extract.nodes[0].overloaded_seconds = 360;
  extract.vms = {{.day = 4, .vm = {"s", "x"}, .source = "model", .demanded = 100, .served = 90, .lost_to_copies = 4},
                 {.day = 5, .vm = {"s", "x"}, .source = "model", .demanded = 100, .served = 100},
                 {.day = 4, .vm = {"s", "y"}, .source = "model", .demanded = 100, .served = 100}};
  const EnergyReport report = make_energy_report(extract, question());
  EXPECT_NEAR(report.slatah.value(), 0.05, 1e-12);
  EXPECT_NEAR(report.pdm.value(), 0.01, 1e-12);
  EXPECT_NEAR(report.unserved.value(), 10.0 / 300, 1e-12);
}

TEST(EnergyReport, TellsDowntimeThatWasMeasuredFromWhatWasEstimatedAndWhatHeldSavingsBack) {
  LedgerExtract extract;
  MoveRow move{.migration_uid = "1", .succeeded = true, .downtime = milliseconds{200}, .downtime_measured = true};
  extract.moves = {move, move, move};
  extract.moves[1].downtime_measured = false;
  extract.moves[2].succeeded = false;
  extract.moves[2].downtime = std::nullopt;
  extract.held = {{.from = Instant{}, .until = Instant{hours{1}}, .held_by = "a budget", .joules = 5},
                  {.from = Instant{}, .until = Instant{hours{1}}, .held_by = "a pod", .joules = 9},
                  {.from = Instant{}, .until = Instant{hours{1}}, .held_by = "a budget", .joules = 6}};
  for (int i = 1; i <= 20; ++i) extract.lives.push_back({.event = NodeEvent::Woke, .took = seconds{i}});
  const EnergyReport report = make_energy_report(extract, question());
  EXPECT_EQ(report.moves, 2U);
  EXPECT_EQ(report.failed_moves, 1U);
  EXPECT_NEAR(report.downtime_measured_seconds, 0.2, 1e-12);
  EXPECT_NEAR(report.downtime_estimated_seconds, 0.2, 1e-12);
  ASSERT_EQ(report.held.size(), 2U);
  EXPECT_EQ(report.held[0].held_by, "a budget");
  EXPECT_EQ(report.held[0].joules, 11);
  EXPECT_EQ(report.wake_p50_seconds, 10);
  EXPECT_EQ(report.wake_p95_seconds, 19);
}

TEST(EnergyReport, EveryFormTellsTheSameFiguresAndPagesNeedNothingElse) {
  LedgerExtract extract;
  extract.nodes = {node_hour("<b>&\"", EnergyState::Standby, EnergyClass::Measured, EnergyClass::Measured, kKwh, 12.5 * kKwh)};
  const EnergyReport report = make_energy_report(extract, question());
  for (const std::string& text : {table_of(report), html_of(report)}) EXPECT_NE(text.find("11.5 kWh"), std::string::npos) << text;
  EXPECT_NE(json_of(report).find("\"savedJoules\":41400000.0"), std::string::npos) << json_of(report);
  EXPECT_NE(csv_of(report).find("\"<b>&\"\"\",1.000000,12.500000,11.500000"), std::string::npos) << csv_of(report);
  const std::string page = html_of(report);
  EXPECT_NE(page.find("&lt;b&gt;&amp;&quot;"), std::string::npos);
  for (const char* elsewhere : {"<script", "http://", "https://", "<b>&", "url("})
    EXPECT_EQ(page.find(elsewhere), std::string::npos) << elsewhere;
}

TEST(Factor, ASeriesOfSeveralLocationsIsOfTheOneThatIsSaid) {
  const std::string text = R"([{"timestamp": "1970-01-05T04:00:00Z", "duration": 60, "value": 200, "location": "DE"},
                               {"timestamp": "1970-01-05T04:00:00Z", "duration": 60, "value": 50, "location": "FR"}])";
  EXPECT_EQ(Factor::series(text, 1, "DE").value().at_hour(100), 200);
  EXPECT_EQ(Factor::series(text, 1, "FR").value().at_hour(100), 50);
  const auto mixed = Factor::series(text, 1);
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().message.find("DE, FR"), std::string::npos) << mixed.error().message;
  EXPECT_FALSE(Factor::series(text, 1, "PL"));
}

TEST(Factor, ASeriesSaysWhichEntryIsWrong) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"{}", "array"},
      {R"([{"duration": 5, "value": 1}])", "entry 0: \"timestamp\""},
      {R"([{"time": "yesterday", "duration": 5, "value": 1}])", "RFC 3339"},
      {R"([{"time": "2026-01-01T00:00:00Z", "duration": 0, "value": 1}])", "duration"},
      {R"([{"time": "2026-01-01T00:00:00Z", "duration": 5, "value": "1"}])", "value"}};
  for (const auto& [text, said] : cases) {
    const auto read = Factor::series(text, 1);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().message.find(said), std::string::npos) << read.error().message;
  }
}

}  // namespace
}  // namespace drover::test
