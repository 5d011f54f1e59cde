// A known curve is found again from noisy readings, whatever a few of them say; and where readings say nothing, so does it.
#include "core/curve_proposal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace drover::test {
namespace {

constexpr Instant kCurveBegin{hours{24 * 365 * 56}};
constexpr Instant kCurveEnd = kCurveBegin + hours{24 * 7};
constexpr std::array<double, 11> kTrueWatts = {58.4, 98, 109, 118, 128, 140, 153, 170, 189, 205, 222};  // IBM x3550, SPECpower

PowerModel true_model() {
  PowerModel model;
  model.watts = kTrueWatts;
  return model;
}

// A week of one node: its use between `from` and `to`, each reading off by noise, `wild` of a hundred by anything.
CurveReadings week_of(unsigned seed, double from = 0, double to = 1, double noise = 4, int wild = 0, int readings = 10080) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> use(from, to);
  std::normal_distribution<double> off(0, noise);
  std::uniform_real_distribution<double> any(1, 1000);
  CurveReadings week(kCurveBegin);
  for (int i = 0; i < readings; ++i) {
    const double u = use(random);
    const bool is_wild = static_cast<int>(random() % 100) < wild;
    week.add(u, is_wild ? any(random) : true_model().watts_at(u) + off(random));
  }
  return week;
}

TEST(CurveProposal, AKnownCurveIsFoundAgain) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const CurveProposal found = propose_curve(week_of(seed), {}, kCurveEnd);
    ASSERT_TRUE(found.watts) << found.message;
    EXPECT_FALSE(found.is_line);
    ASSERT_EQ(found.points.size(), 11U);
    // The curve's bends are rounded off within 5 %: of this one most at 10 %, after its steep begin.
    for (std::size_t i = 0; i < 11; ++i) EXPECT_NEAR((*found.watts)[i], kTrueWatts[i], i == 1 ? 8 : 2.5) << seed << " " << i;
    EXPECT_LT(found.error_proposed, 5);
    EXPECT_GT(found.error_now, 10);
    EXPECT_EQ(found.readings, 10080);
    EXPECT_EQ(found.since, kCurveBegin);
  }
}

TEST(CurveProposal, AFifthOfWildReadingsMovesItLittle) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const CurveProposal calm = propose_curve(week_of(seed), {}, kCurveEnd);
    const CurveProposal wild = propose_curve(week_of(seed, 0, 1, 4, 20), {}, kCurveEnd);
    ASSERT_TRUE(wild.watts) << wild.message;
    for (std::size_t i = 0; i < 11; ++i) EXPECT_NEAR((*wild.watts)[i], (*calm.watts)[i], 2.5) << seed << " " << i;
  }
}

// A line has no bends to round off, so that the interval is about noise alone.
TEST(CurveProposal, ItsIntervalHoldsTheTruthInNineOfTenCases) {
  int held = 0;
  int all = 0;
  PowerModel line;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> use(0, 1);
    CurveReadings readings(kCurveBegin);
    for (int hour = 0; hour < 168; ++hour) {  // readings of one hour are off by the same
      const double u = use(random);
      const double off = std::normal_distribution<double>(0, 4)(random);
      for (int i = 0; i < 60; ++i) readings.add(u, line.watts_at(u) + off);
    }
    const CurveProposal found = propose_curve(readings, true_model(), kCurveEnd);
    for (const CurvePoint& point : found.points) {
      held += std::abs(point.watts - line.watts_at(point.percent / 100.0)) <= point.interval ? 1 : 0;
      ++all;
    }
  }
  EXPECT_GT(all, 300);
  EXPECT_GT(held, all * 75 / 100) << "of few hours the noise itself is not well known";
}

TEST(CurveProposal, WhereReadingsDoNotCoverAllOfItThereIsALine) {
  PowerModel line;
  std::mt19937 random(3);
  std::uniform_real_distribution<double> use(0.05, 0.62);
  CurveReadings readings(kCurveBegin);
  for (int i = 0; i < 10000; ++i) {
    const double u = use(random);
    readings.add(u, line.watts_at(u) + std::normal_distribution<double>(0, 3)(random));
  }
  const CurveProposal found = propose_curve(readings, true_model(), kCurveEnd);
  ASSERT_TRUE(found.watts) << found.message;
  EXPECT_TRUE(found.is_line);
  EXPECT_NEAR(found.watts->front(), 100, 2);
  EXPECT_NEAR(found.watts->back(), 200, 4);
  EXPECT_LE(found.points.back().percent, 70) << "no tenth is spoken of that no reading covers";
}

TEST(CurveProposal, WhatIsTooLittleGivesNoneAndSaysWhy) {
  const auto none = [](const CurveProposal& found, const std::string& because) {
    EXPECT_FALSE(found.watts);
    EXPECT_NE(found.message.find(because), std::string::npos) << found.message;
  };
  none(propose_curve(CurveReadings(kCurveBegin), {}, kCurveEnd), "no node that serves has a meter");
  none(propose_curve(week_of(1), {}, kCurveEnd - hours{1}), "a week of readings");
  none(propose_curve(week_of(1, 0, 1, 4, 0, 50), {}, kCurveEnd), "no tenth of the CPU");
  none(propose_curve(week_of(1, 0.3, 0.9), {}, kCurveEnd), "readings cover 30 to 90 %");
  none(propose_curve(week_of(1, 0.1, 0.3), {}, kCurveEnd), "readings cover 10 to 30 %");
  none(propose_curve(week_of(1), true_model(), kCurveEnd), "fits as well");
}

TEST(CurveProposal, MoreUseNeverDrawsLess) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const CurveProposal found = propose_curve(week_of(seed, 0, 1, 60), {}, kCurveEnd);
    for (std::size_t i = 1; i < found.points.size(); ++i) EXPECT_GE(found.points[i].watts, found.points[i - 1].watts);
  }
}

TEST(CurveProposal, ReadingsThatCannotBeAreLeftOut) {
  CurveReadings readings(kCurveBegin);
  for (const auto& [u, watts] : std::vector<std::pair<double, double>>{
           {-0.1, 100}, {1.5, 100}, {0.5, 0}, {0.5, -3}, {NAN, 100}, {0.5, NAN}, {0.5, INFINITY}})
    readings.add(u, watts);
  EXPECT_TRUE(readings.counts().empty());
}

}  // namespace
}  // namespace drover::test
