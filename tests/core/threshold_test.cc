#include "core/threshold.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace drover {
namespace {

const Instant kStart = *parse_rfc3339("2026-01-05T12:00:00Z");

ThresholdSettings above(double level, double hysteresis = 0) {
  return {.signal = KubeVirtMetricSignal{.metric = KubeVirtMetric::CpuDelay},
          .level = level,
          .hysteresis = hysteresis,
          .for_duration = minutes{1}};
}

TEST(Threshold, ABreachBeginsBeyondTheLevelAndKeepsItsBeginning) {
  const auto settings = above(0.5);
  Breach breach = advance(settings, {}, 0.5, kStart);
  EXPECT_FALSE(breach.breached_since) << "at the level is not above it";
  breach = advance(settings, breach, 0.6, kStart + seconds{30});
  EXPECT_EQ(breach.breached_since, kStart + seconds{30});
  breach = advance(settings, breach, 0.7, kStart + seconds{60});
  EXPECT_EQ(breach.breached_since, kStart + seconds{30});
  EXPECT_FALSE(is_due(settings, breach, kStart + seconds{89}));
  EXPECT_TRUE(is_due(settings, breach, kStart + seconds{90}));
}

TEST(Threshold, HysteresisKeepsABreachAliveBelowTheLevel) {
  const auto settings = above(0.5, 0.2);
  Breach breach = advance(settings, {}, 0.45, kStart);
  EXPECT_FALSE(breach.breached_since);
  breach = advance(settings, advance(settings, {}, 0.6, kStart), 0.35, kStart + seconds{30});
  EXPECT_EQ(breach.breached_since, kStart);
  breach = advance(settings, breach, 0.3, kStart + seconds{60});
  EXPECT_FALSE(breach.breached_since);
}

TEST(Threshold, BelowIsTheMirrorImage) {
  auto settings = above(10, 2);
  settings.direction = Direction::Below;
  Breach breach = advance(settings, {}, 9, kStart);
  EXPECT_TRUE(breach.breached_since);
  EXPECT_TRUE(advance(settings, breach, 11.9, kStart).breached_since);
  EXPECT_FALSE(advance(settings, breach, 12, kStart).breached_since);
}

TEST(Threshold, NoDataIsUnknownAndEndsABreach) {
  const auto settings = above(0.5);
  const Breach breach = advance(settings, advance(settings, {}, 0.9, kStart), std::nullopt, kStart + seconds{30});
  EXPECT_FALSE(breach.breached_since);
  EXPECT_FALSE(breach.value);
  // ... in both directions: zero would be below 10.
  auto below = above(10);
  below.direction = Direction::Below;
  EXPECT_FALSE(advance(below, {}, std::nullopt, kStart).breached_since);
}

RC_GTEST_PROP(Threshold, NeverDueWithoutALongEnoughRunOfBreaches, (const std::vector<bool>& beyond)) {
  const auto settings = above(0.5);
  Breach breach;
  int run = 0;
  Instant now = kStart;
  for (const bool b : beyond) {
    now += seconds{20};
    run = b ? run + 1 : 0;
    breach = advance(settings, breach, b ? 0.9 : 0.1, now);
    RC_ASSERT(is_due(settings, breach, now) == (run >= 4));  // 60 s are three steps of 20 s after the first
  }
}

TEST(Threshold, WordsNameSignalValueLevelAndTime) {
  const auto settings = above(0.2);
  const Breach breach{.value = 0.625, .breached_since = kStart};
  EXPECT_EQ(breach_text(settings, breach, kStart + seconds{35}), "CPU delay is 0.625, above 0.2 for 35s");
}

}  // namespace
}  // namespace drover
