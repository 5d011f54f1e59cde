#include "core/window.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <limits>

#include "core/world.h"

namespace drover::test {
namespace {

using ::testing::HasSubstr;

std::map<std::string, TimeZone> zones() {
  TimeZone berlin{.name = "Europe/Berlin"};
  berlin.before_first = hours{1};
  berlin.changes = {{at("2026-03-29T01:00:00Z"), hours{2}}, {at("2026-10-25T01:00:00Z"), hours{1}}};
  return {{"Europe/Berlin", berlin}};
}

PolicySpec scheduled(std::vector<Window> windows) {
  PolicySpec spec;
  spec.schedule = std::move(windows);
  return spec;
}

PolicySpec budgeted(std::vector<Budget> budgets) {
  PolicySpec spec;
  spec.budgets = std::move(budgets);
  return spec;
}

bool open_at(const Window& window, const std::string& t) {
  return schedule_at(scheduled({window}), zones(), at(t)).open;
}

TEST(Schedule, IsAlwaysOpenWithoutWindows) {
  const ScheduleAnswer answer = schedule_at({}, {}, at("2026-01-05T12:00:00Z"));
  EXPECT_TRUE(answer.open);
  EXPECT_FALSE(answer.opens_at.has_value());
}

TEST(Schedule, IsOpenFromTheOpeningUntilTheDurationHasPassed) {
  const Window night{.cron = "0 22 * * *", .duration = hours{6}};
  EXPECT_FALSE(open_at(night, "2026-01-05T21:59:59Z"));
  EXPECT_TRUE(open_at(night, "2026-01-05T22:00:00Z"));
  EXPECT_TRUE(open_at(night, "2026-01-06T03:59:59Z"));
  EXPECT_FALSE(open_at(night, "2026-01-06T04:00:00Z"));
}

TEST(Schedule, KeepsLocalTime) {
  const Window night{.cron = "0 22 * * *", .duration = hours{6}, .time_zone = "Europe/Berlin"};
  EXPECT_FALSE(open_at(night, "2026-01-05T20:59:59Z"));
  EXPECT_TRUE(open_at(night, "2026-01-05T21:00:00Z"));
  EXPECT_FALSE(open_at(night, "2026-07-05T19:59:59Z"));
  EXPECT_TRUE(open_at(night, "2026-07-05T20:00:00Z"));
}

TEST(Schedule, LetsSixHoursLastSixHoursWhenTheClocksChange) {
  const Window night{.cron = "0 22 * * *", .duration = hours{6}, .time_zone = "Europe/Berlin"};
  EXPECT_TRUE(open_at(night, "2026-03-29T02:59:59Z"));  // from 21:00 UTC; 04:59:59 local
  EXPECT_FALSE(open_at(night, "2026-03-29T03:00:00Z"));
  EXPECT_TRUE(open_at(night, "2026-10-25T01:59:59Z"));  // from 20:00 UTC; 02:59:59 local
  EXPECT_FALSE(open_at(night, "2026-10-25T02:00:00Z"));
}

TEST(Schedule, OpensEvenOnTheDayWhoseHourIsSkipped) {
  const Window skipped{.cron = "30 2 * * *", .duration = minutes{20}, .time_zone = "Europe/Berlin"};
  EXPECT_FALSE(open_at(skipped, "2026-03-29T00:59:59Z"));
  EXPECT_TRUE(open_at(skipped, "2026-03-29T01:00:00Z"));
  EXPECT_FALSE(open_at(skipped, "2026-03-29T01:20:00Z"));
}

TEST(Schedule, OpensOnceOnTheDayWhoseHourComesTwice) {
  const Window twice{.cron = "30 2 * * *", .duration = minutes{20}, .time_zone = "Europe/Berlin"};
  EXPECT_TRUE(open_at(twice, "2026-10-25T00:30:00Z"));
  EXPECT_FALSE(open_at(twice, "2026-10-25T00:50:00Z"));
  EXPECT_FALSE(open_at(twice, "2026-10-25T01:30:00Z"));
}

TEST(Schedule, IsOpenWhenAnyWindowIsAndTellsTheNextOpeningOfAll) {
  const PolicySpec spec = scheduled({{.cron = "0 22 * * *", .duration = hours{1}}, {.cron = "0 13 * * *", .duration = hours{1}}});
  EXPECT_TRUE(schedule_at(spec, {}, at("2026-01-05T13:30:00Z")).open);
  const ScheduleAnswer closed = schedule_at(spec, {}, at("2026-01-05T14:00:00Z"));
  EXPECT_FALSE(closed.open);
  EXPECT_EQ(closed.opens_at, at("2026-01-05T22:00:00Z"));
}

TEST(Schedule, StaysOpenWhenWindowsOverlap) {
  const Window always{.cron = "*/5 * * * *", .duration = minutes{5}};
  EXPECT_TRUE(open_at(always, "2026-01-05T12:04:59Z"));
  EXPECT_TRUE(open_at(always, "2026-01-05T12:05:00Z"));
  EXPECT_TRUE(open_at({.cron = "@yearly", .duration = Duration::max()}, "2026-12-31T23:59:59Z"));
}

TEST(Schedule, StaysClosedWithAWindowThatCannotBeRead) {
  const Window good{.cron = "0 22 * * *", .duration = hours{6}};
  for (Window bad : {Window{.cron = "nonsense", .duration = hours{1}}, Window{.cron = "* * * * *", .duration = Duration::zero()},
                     Window{.cron = "* * * * *", .duration = Duration::min()},
                     Window{.cron = "* * * * *", .duration = hours{1}, .time_zone = "Mars/Olympus"}}) {
    const ScheduleAnswer answer = schedule_at(scheduled({bad, good}), zones(), at("2026-01-05T12:00:00Z"));
    EXPECT_FALSE(answer.open) << bad.cron;
    EXPECT_EQ(answer.opens_at, at("2026-01-05T22:00:00Z"));
    EXPECT_FALSE(schedule_at(scheduled({bad}), zones(), at("2026-01-05T12:00:00Z")).opens_at.has_value());
  }
}

TEST(Schedule, NamesAnOpeningAtWhichItIsOpenAndNotBefore) {
  const bool good = rc::check([] {
    const int minute = *rc::gen::inRange(0, 60);
    const int hour = *rc::gen::inRange(0, 24);
    const Window window{.cron = std::to_string(minute) + " " + std::to_string(hour) + " * * *",
                        .duration = minutes{*rc::gen::inRange(1, 1000)},
                        .time_zone = *rc::gen::element<std::string>("UTC", "Europe/Berlin")};
    const PolicySpec spec = scheduled({window});
    const Instant t = at("2026-03-01T00:00:00Z") + seconds{*rc::gen::inRange(0, 300 * 86400)};
    const ScheduleAnswer answer = schedule_at(spec, zones(), t);
    RC_PRE(!answer.open);
    RC_ASSERT(answer.opens_at.has_value() && *answer.opens_at > t);
    RC_ASSERT(schedule_at(spec, zones(), *answer.opens_at).open);
    RC_ASSERT(!schedule_at(spec, zones(), *answer.opens_at - seconds{1}).open);
  });
  EXPECT_TRUE(good);
}

TEST(Budgets, AllowOneWhenNoneIsWritten) {
  EXPECT_EQ(budget_at({}, {}, 50, at("2026-01-05T12:00:00Z")), 1);
}

TEST(Budgets, LetTheMostRestrictiveThatHoldsWin) {
  const Window office{.cron = "0 8 * * mon-fri", .duration = hours{10}};
  const PolicySpec spec = budgeted({{.migrations = 5}, {.migrations = 0, .window = office}, {.migrations = 3}});
  EXPECT_EQ(budget_at(spec, {}, 50, at("2026-01-05T12:00:00Z")), 0);
  EXPECT_EQ(budget_at(spec, {}, 50, at("2026-01-05T18:00:00Z")), 3);
  EXPECT_EQ(budget_at(spec, {}, 50, at("2026-01-04T12:00:00Z")), 3);  // a Sunday
}

TEST(Budgets, AllowOneWhenNoneHolds) {
  const Window office{.cron = "0 8 * * mon-fri", .duration = hours{10}};
  EXPECT_EQ(budget_at(budgeted({{.migrations = 0, .window = office}}), {}, 50, at("2026-01-05T20:00:00Z")), 1);
}

TEST(Budgets, RoundSharesUp) {
  const auto share = [](double percent, std::int64_t selected) {
    return budget_at(budgeted({{.percent = percent}}), {}, selected, at("2026-01-05T12:00:00Z"));
  };
  EXPECT_EQ(share(10, 1), 1);
  EXPECT_EQ(share(10, 10), 1);
  EXPECT_EQ(share(10, 11), 2);
  EXPECT_EQ(share(0, 11), 0);
  EXPECT_EQ(share(10, 0), 0);
  EXPECT_EQ(share(100, 11), 11);
  EXPECT_EQ(share(1.1, 3000), 33) << "though 3000 * 1.1 is a little more than 3300 in floating point";
  for (std::int64_t tens = 0; tens <= 3000; ++tens) EXPECT_EQ(share(10, tens * 10), tens);
}

TEST(Budgets, TakeOddNumbersWithoutTrouble) {
  const auto budget = [](Budget b) { return budget_at(budgeted({b}), {}, 7, at("2026-01-05T12:00:00Z")); };
  EXPECT_EQ(budget({.migrations = -3}), 0);
  EXPECT_EQ(budget({.percent = -10.0}), 0);
  EXPECT_EQ(budget({.percent = 1e300}), 7);
  EXPECT_EQ(budget({.percent = std::numeric_limits<double>::infinity()}), 7);
  EXPECT_EQ(budget({.percent = std::numeric_limits<double>::quiet_NaN()}), 0);
}

TEST(Budgets, HoldAlwaysWhenTheirWindowCannotBeRead) {
  EXPECT_EQ(budget_at(budgeted({{.migrations = 4}, {.migrations = 0, .window = Window{.cron = "?!", .duration = hours{1}}}}), {}, 7,
                      at("2026-01-05T12:00:00Z")),
            0);
}

TEST(WindowProblem, IsNoneForGoodWindows) {
  PolicySpec spec = scheduled(
      {{.cron = "0 22 * * *", .duration = hours{6}, .time_zone = "Europe/Berlin"}, {.cron = "@daily", .duration = hours{1}}});
  spec.budgets = {{.percent = 10.0, .window = Window{.cron = "0 8 * * mon-fri", .duration = hours{10}}}};
  EXPECT_EQ(window_problem(spec, zones()), "");
}

TEST(WindowProblem, NamesTheFieldAndTheFix) {
  EXPECT_THAT(
      window_problem(scheduled({{.cron = "@daily", .duration = hours{1}}, {.cron = "99 * * * *", .duration = hours{1}}}), zones()),
      HasSubstr("spec.schedule[1].cron: cron field minute: \"99\" is not understood; write 0-59"));
  EXPECT_EQ(window_problem(scheduled({{.cron = "@daily", .duration = Duration::zero()}}), zones()),
            "spec.schedule[0].duration: must be longer than 0, such as \"6h\"");
  EXPECT_EQ(window_problem(scheduled({{.cron = "@daily", .duration = hours{1}, .time_zone = "Europe/Berlni"}}), zones()),
            "spec.schedule[0].timeZone: \"Europe/Berlni\" is no known time zone; write an IANA name such as \"Europe/Berlin\" or "
            "\"UTC\"");
  EXPECT_THAT(window_problem(budgeted({{.migrations = 1}, {.migrations = 0, .window = Window{.cron = "x", .duration = hours{1}}}}),
                             zones()),
              HasSubstr("spec.disruption.budgets[1].schedule: \"x\" is no cron expression"));
  EXPECT_THAT(window_problem(budgeted({{.migrations = -1}}), zones()),
              HasSubstr("spec.disruption.budgets[0].migrations: write a number"));
  EXPECT_THAT(window_problem(budgeted({{.percent = 101.0}}), zones()),
              HasSubstr("spec.disruption.budgets[0].migrations: write a number"));
}

}  // namespace
}  // namespace drover::test
