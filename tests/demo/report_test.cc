#include "demo/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "demo/example.h"

namespace drover {
namespace {

using test::at;
using test::demo_day;
using test::demo_move;
using test::text_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// As one line, so that no break between words matters.
std::string report_of(const DemoDay& day) {
  std::string text;
  bool blank = false;
  for (const char c : text_of(closing_report(day, 100, kAsciiGlyphs))) {
    const bool white = c == ' ' || c == '\n';
    if (!white || !blank) text += white ? ' ' : c;
    blank = white;
  }
  return text;
}

TEST(DemoReport, TellsEnergyAgainstAllOnAndWhatItCost) {
  EXPECT_THAT(report_of(demo_day()),
              AllOf(HasSubstr("7.20 kWh instead of 12.0 kWh with every node on: 4.80 kWh or 40.0 % saved"),
                    HasSubstr("4 live migrations, 9 shutdowns and 0 boots"), HasSubstr("30 ms on average, 0.1 s for all")));
}

TEST(DemoReport, AdmitsWhatWasNotWonBack) {
  DemoDay day = demo_day();
  day.totals.saved_joules = -0.5 * kJoulesPerKilowattHour;
  EXPECT_THAT(report_of(day), AllOf(HasSubstr("0.50 kWh more"), Not(HasSubstr("saved"))));
}

TEST(DemoReport, PutsServiceLevelsIntoWords) {
  EXPECT_THAT(report_of(demo_day()), AllOf(HasSubstr("VMs got all of the CPU that they wanted."), HasSubstr("No VM was lost.")));
  DemoDay day = demo_day();
  day.totals.unserved = 0.00004;
  day.totals.slatah = 0.0007;
  day.totals.pdm = 0.000002;
  day.totals.slav = 1.4e-9;
  day.counts.vms_lost = 2;
  EXPECT_THAT(report_of(day), AllOf(HasSubstr("all but 0.0040 %"), HasSubstr("0.070 % of their time on (SLATAH)"),
                                    HasSubstr("SLAV, is 1.4e-9"), HasSubstr("VMs lost: 2.")));
}

TEST(DemoReport, SaysWhetherInvariantsHeld) {
  EXPECT_THAT(report_of(demo_day()), HasSubstr("All held: 1,234 effects"));
  DemoDay day = demo_day();
  day.violations = 1;
  EXPECT_THAT(report_of(day), AllOf(HasSubstr("BROKEN: 1 effect"), Not(HasSubstr("All held"))));
}

TEST(DemoReport, DrawsTheNodesThatWereOn) {
  const auto text = text_of(closing_report(demo_day(), 100, kAsciiGlyphs));
  EXPECT_THAT(text, AllOf(HasSubstr("    20 ###\n"), HasSubstr("    12 ##################\n"),
                          HasSubstr("       00:00    03:00    06:00    09:00    12:00")));
}

TEST(DemoReport, SaysWhenTheDayWasEndedEarly) {
  EXPECT_THAT(report_of(demo_day()), HasSubstr("It was ended early: the day would have gone on until Wed 00:00."));
  DemoDay day = demo_day();
  day.now = day.end;
  EXPECT_THAT(report_of(day), Not(HasSubstr("ended early")));
}

TEST(DemoReport, SaysWhatToServeAllOfItTakesAtLeast) {
  DemoDay day = demo_day();
  EXPECT_THAT(report_of(day), Not(HasSubstr("To serve")));
  day.floor_joules = 2 * kJoulesPerKilowattHour;
  EXPECT_THAT(report_of(day), HasSubstr("To serve all of it takes 2"));
}

TEST(DemoReport, EndsWithCommandsToTryNext) {
  EXPECT_THAT(report_of(demo_day()),
              AllOf(HasSubstr("day.yaml --enforce --limits"),
                    HasSubstr("drover simulate --scenario manifests/samples/scenarios/day.yaml --enforce --seed 2"),
                    HasSubstr("kubectl apply --filename manifests/samples/consolidation.yaml"), HasSubstr("mode Recommend")));
}

TEST(DemoReport, FitsItsColumnsButForCommands) {
  for (const std::size_t columns : {100U, 80U, 60U}) {
    for (const Line& line : closing_report(demo_day(), columns, kUnicodeGlyphs)) {
      const bool command = line.text().find(" --") != std::string::npos;
      EXPECT_TRUE(command || line.columns() <= columns) << line.text();
    }
  }
}

TEST(DemoReport, HoldsForADayOnWhichNothingHappened) {
  DemoDay day;
  day.start = day.now = day.end = at(hours{0});
  EXPECT_THAT(report_of(day), HasSubstr("No VM was moved"));
}

TEST(TellingMoves, AreTheOneThatLetANodeSleepTheOneThatRelievedAndTheLongest) {
  DemoDay day = demo_day();
  day.moves[3].ended = day.now;
  const auto told = telling_moves(day);
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].move->vm.name, "web-2");
  EXPECT_EQ(told[0].why, "It was the last to leave node-12, which then slept for 5h40m and sleeps on.");
  EXPECT_EQ(told[1].move->vm.name, "db-1");
  EXPECT_EQ(told[1].why, "It took longest of all.");
  EXPECT_EQ(told[2].move->vm.name, "web-9");
  EXPECT_EQ(told[2].why, "It relieved an overloaded node.");
}

TEST(TellingMoves, LeaveOutWhatFailedOrIsNotOver) {
  DemoDay day = demo_day();
  for (DemoMove& move : day.moves) move.failed = true;
  EXPECT_TRUE(telling_moves(day).empty());
  day.moves = {{.vm = {"shop", "web-9"}, .source = "a", .target = "b", .started = day.now}};
  EXPECT_TRUE(telling_moves(day).empty());
}

TEST(TellingMoves, EndASleepWhenTheNodeIsWoken) {
  DemoDay day = demo_day();
  day.changes.push_back({.at = at(hours{3}), .node = "node-12", .from = NodeLife::Asleep, .to = NodeLife::Waking});
  EXPECT_EQ(telling_moves(day)[0].why, "It was the last to leave node-12, which then slept for 2h40m.");
}

}  // namespace
}  // namespace drover
