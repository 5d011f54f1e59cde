#include "base/time.h"

#include <gtest/gtest.h>

#include <limits>

namespace drover {
namespace {

std::string reread(std::string_view text) {
  const auto t = parse_rfc3339(text);
  return t ? to_rfc3339_micro(*t) : "refused";
}

TEST(Rfc3339, ReadsWhatKubernetesWrites) {
  EXPECT_EQ(reread("2026-11-22T16:48:00Z"), "2026-11-22T16:48:00.000000Z");
  EXPECT_EQ(reread("2026-11-22T16:48:00.123456Z"), "2026-11-22T16:48:00.123456Z");
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), Instant{});
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.000000001Z"), Instant{} + seconds{1} + Duration{1});
}

TEST(Rfc3339, UnderstandsOffsetsFractionsAndSmallLetters) {
  EXPECT_EQ(reread("2026-01-01T00:30:00+02:00"), "2025-12-31T22:30:00.000000Z");
  EXPECT_EQ(reread("2026-01-01T00:30:00-05:30"), "2026-01-01T06:00:00.000000Z");
  EXPECT_EQ(reread("2026-01-01t00:00:00z"), "2026-01-01T00:00:00.000000Z");
  EXPECT_EQ(reread("2026-01-01T00:00:00.5Z"), "2026-01-01T00:00:00.500000Z");
  EXPECT_EQ(reread("2026-01-01T00:00:00.12345678987654321Z"), "2026-01-01T00:00:00.123456Z");
  EXPECT_EQ(reread("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00.000000Z") << "a leap second is the next minute";
}

TEST(Rfc3339, KnowsTheCalendar) {
  EXPECT_EQ(reread("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00.000000Z");
  EXPECT_EQ(reread("2026-02-29T00:00:00Z"), "refused");
  EXPECT_EQ(reread("2026-04-31T00:00:00Z"), "refused");
  EXPECT_EQ(reread("1969-12-31T23:59:59.999999Z"), "1969-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, RefusesWhatIsNone) {
  for (const char* bad : {"",
                          "2026",
                          "2026-11-22",
                          "2026-11-22T16:48:00",
                          "2026-11-22 16:48:00Z",
                          "2026-11-22T16:48Z",
                          "2026-11-22T24:00:00Z",
                          "2026-11-22T16:60:00Z",
                          "2026-11-22T16:48:61Z",
                          "2026-13-01T00:00:00Z",
                          "2026-00-01T00:00:00Z",
                          "2026-01-00T00:00:00Z",
                          "2026-11-22T16:48:00ZZ",
                          "2026-11-22T16:48:00.Z",
                          "2026-11-22T16:48:00+0200",
                          "2026-11-22T16:48:00+24:00",
                          "2026-11-22T16:48:00+02:60",
                          "+026-11-22T16:48:00Z",
                          "12026-11-22T16:48:00Z",
                          " 2026-11-22T16:48:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(bad).has_value()) << bad;
  }
}

TEST(Rfc3339, RefusesYearsThatNanosecondsCannotHold) {
  EXPECT_FALSE(parse_rfc3339("0001-01-01T00:00:00Z").has_value());
  EXPECT_FALSE(parse_rfc3339("2262-01-01T00:00:00Z").has_value());
  EXPECT_EQ(reread("2261-12-31T23:59:59Z"), "2261-12-31T23:59:59.000000Z");
  EXPECT_EQ(reread("1678-01-01T00:00:00Z"), "1678-01-01T00:00:00.000000Z");
}

TEST(Rfc3339, WritesWholeSecondsRoundedDown) {
  EXPECT_EQ(to_rfc3339(*parse_rfc3339("2026-11-22T16:48:00.999Z")), "2026-11-22T16:48:00Z");
  EXPECT_EQ(to_rfc3339(*parse_rfc3339("1969-12-31T23:59:59.5Z")), "1969-12-31T23:59:59Z");
}

TEST(DurationText, IsReadAsGoWritesIt) {
  EXPECT_EQ(parse_duration("90s"), seconds{90});
  EXPECT_EQ(parse_duration("5m"), minutes{5});
  EXPECT_EQ(parse_duration("1h30m"), minutes{90});
  EXPECT_EQ(parse_duration("1.5h"), minutes{90});
  EXPECT_EQ(parse_duration("250ms"), milliseconds{250});
  EXPECT_EQ(parse_duration("3us"), Duration{3000});
  EXPECT_EQ(parse_duration("7ns"), Duration{7});
  EXPECT_EQ(parse_duration("0"), Duration::zero());
  EXPECT_EQ(parse_duration("0s"), Duration::zero());
  EXPECT_EQ(parse_duration(".5s"), milliseconds{500});
  EXPECT_EQ(parse_duration("1h0m0.25s"), hours{1} + milliseconds{250});
}

TEST(DurationText, IsExactToTheNanosecondAndDropsWhatIsBelow) {
  EXPECT_EQ(parse_duration("49598s457848.52318h278854us"), Duration{1648304281726854000}) << "as Go reads it";
  EXPECT_EQ(parse_duration("45.83ns"), Duration{45});
  EXPECT_EQ(parse_duration("2562047h47m16.854775807s"), Duration::max());
  EXPECT_FALSE(parse_duration("2562047h47m16.854775808s"));
  EXPECT_EQ(parse_duration("0.12345678901234567890123456789s"), Duration{123456789});
}

TEST(DurationText, RefusesWhatIsNone) {
  for (const char* bad :
       {"", "5", "s", "-5s", "+5s", "5 s", "5d", "5s ", ".s", "1.2.3s", "h1", "1e3s", "nan", "1h30", "99999999999h"}) {
    EXPECT_FALSE(parse_duration(bad).has_value()) << bad;
  }
}

TEST(DurationText, IsWrittenFromTheCoarsestUnitDown) {
  EXPECT_EQ(to_string(minutes{90}), "1h30m");
  EXPECT_EQ(to_string(hours{48}), "48h");
  EXPECT_EQ(to_string(milliseconds{250}), "250ms");
  EXPECT_EQ(to_string(seconds{61}), "1m1s");
  EXPECT_EQ(to_string(Duration::zero()), "0s");
  EXPECT_EQ(to_string(Duration{7}), "7ns");
  EXPECT_EQ(to_string(seconds{1} + Duration{7}), "1s") << "what is below a millisecond says nothing beside a second";
  EXPECT_EQ(to_string(-minutes{5}), "-5m");
  EXPECT_FALSE(to_string(Duration::min()).empty());
}

TEST(DurationText, CanBeReadBack) {
  for (const Duration d :
       {Duration{1}, Duration{milliseconds{1}}, Duration{seconds{59}}, Duration{minutes{90}}, Duration{hours{1000}}}) {
    EXPECT_EQ(parse_duration(to_string(d)), d);
  }
}

TEST(FromSeconds, RoundsAndSaturates) {
  EXPECT_EQ(from_seconds(1.5), milliseconds{1500});
  EXPECT_EQ(from_seconds(1e-9), Duration{1});
  EXPECT_EQ(from_seconds(0.6e-9), Duration{1});
  EXPECT_EQ(from_seconds(-2), -seconds{2});
  EXPECT_EQ(from_seconds(1e300), Duration::max());
  EXPECT_EQ(from_seconds(-1e300), Duration::min());
  EXPECT_EQ(from_seconds(std::numeric_limits<double>::infinity()), Duration::max());
  EXPECT_EQ(from_seconds(std::numeric_limits<double>::quiet_NaN()), Duration::zero());
  EXPECT_DOUBLE_EQ(to_seconds(milliseconds{1500}), 1.5);
}

}  // namespace
}  // namespace drover
