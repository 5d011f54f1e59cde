// What is foretold of a cluster's demand from the weeks before.
#include "consolidate/weekly_demand.h"

#include <gtest/gtest.h>

#include <functional>

namespace drover {
namespace {

const Instant kMonday{hours{24 * 20458}};

// Cores that are asked for, by day since the first Monday, and hour of the day.
using Level = std::function<double(int day, double hour)>;

double office(int day, double hour) {
  return day % 7 < 5 && hour >= 8 && hour < 17 ? 40 : 10;
}

class Weeks : public ::testing::Test {
 protected:
  // Observes up to then, every ten minutes.
  void pass(Instant until, const Level& level) {
    for (; now_ < until; now_ += minutes{10}) {
      const double hour_of_all = to_seconds(now_ - kMonday) / 3600;
      const int day = static_cast<int>(hour_of_all / 24);
      demand_.observe({level(day, hour_of_all - 24 * day), 0}, now_);
    }
  }
  // Cores expected within the next ten minutes of that time; below 0: nothing is said.
  double at(int day, Duration time, const Level& level = office) {
    const Instant then = kMonday + hours{24 * day} + time;
    pass(then + seconds{1}, level);
    const auto expected = demand_.expected(then, then + minutes{10});
    return expected ? expected->cpu : -1;
  }

  Instant now_ = kMonday;
  WeeklyDemand demand_;
};

TEST_F(Weeks, NothingIsSaidInTheFirstTwoDays) {
  EXPECT_EQ(at(0, hours{7} + minutes{50}), -1);
  EXPECT_EQ(at(1, hours{7} + minutes{50}), -1);
}

TEST_F(Weeks, AfterTwoDaysAMorningIsForetoldFromThem) {
  EXPECT_EQ(at(2, hours{7} + minutes{30}), 10) << "twenty minutes ahead nothing comes";
  EXPECT_EQ(at(2, hours{7} + minutes{50}), 40);
}

TEST_F(Weeks, AKnownWeekTellsItsSaturdayFromItsFriday) {
  EXPECT_EQ(at(11, hours{7} + minutes{50}), 40);
  EXPECT_EQ(at(12, hours{7} + minutes{50}), 10);
  EXPECT_EQ(at(14, hours{7} + minutes{50}), 40) << "and its Monday from its Sunday";
}

TEST_F(Weeks, OneOddWeekOfThreeIsForgotten) {
  const Level odd = [](int day, double hour) { return office(day, hour) + (day == 8 && hour >= 3 && hour < 4 ? 100 : 0); };
  EXPECT_EQ(at(15, hours{2} + minutes{50}, odd), 110) << "of two weeks nobody knows which is odd";
  EXPECT_EQ(at(22, hours{2} + minutes{50}, odd), 10);
}

TEST_F(Weeks, WhatDoesNotComeOnAHolidayIsNotWaitedForBeyondItsHalfHour) {
  const Level holiday = [](int day, double hour) { return day == 14 ? 10.0 : office(day, hour); };
  EXPECT_EQ(at(14, hours{8} + minutes{20}, holiday), 10) << "the half-hour began with all that came then the week before";
  EXPECT_EQ(at(14, hours{12}, holiday), 10);
}

TEST_F(Weeks, ADemandThatHasGrownRisesFromWhereItStands) {
  const Level grown = [](int day, double hour) { return office(day, hour) + (day >= 8 ? 25 : 0); };
  EXPECT_EQ(at(9, hours{7} + minutes{50}, grown), 65);
}

TEST_F(Weeks, WhatWentWithinTheHalfHourIsNotExpectedBack) {
  const Level ends = [](int day, double hour) { return day == 9 && hour >= 18.1 ? 10.0 : 40.0; };
  EXPECT_EQ(at(9, hours{18} + minutes{20}, ends), 10);
}

TEST_F(Weeks, WhatWasNotObservedIsNotForetold) {
  pass(kMonday + hours{24 * 2}, office);
  now_ = kMonday + hours{24 * 8} + hours{7};  // five days later
  EXPECT_EQ(at(8, hours{7} + minutes{50}), 40) << "Tuesday's";
  EXPECT_EQ(at(9, hours{7} + minutes{50}), -1) << "no Wednesday was seen, and of the days before only one";
}

TEST_F(Weeks, AClockThatWasPutBackForgetsWhatItHadAhead) {
  pass(kMonday + hours{24 * 9}, office);
  demand_.observe({10, 0}, kMonday + hours{24 * 8});
  EXPECT_FALSE(demand_.expected(kMonday + hours{24 * 8 + 12}, kMonday + hours{24 * 8 + 12} + minutes{10}));
}

}  // namespace
}  // namespace drover
