#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "adapters/time_zone/tz_database.h"

namespace drover {
namespace {

using testing::HasSubstr;

const Instant kNow = *parse_rfc3339("2026-11-22T12:00:00Z");

Duration offset(const std::string& zone, const char* at) {
  return load_time_zone(zone, kNow).value().offset_at(*parse_rfc3339(at));
}

TEST(TimeZones, KnowSummerAndWinter) {
  EXPECT_EQ(offset("Europe/Berlin", "2026-07-01T00:00:00Z"), hours{2});
  EXPECT_EQ(offset("Europe/Berlin", "2026-12-01T00:00:00Z"), hours{1});
  EXPECT_EQ(offset("Europe/Berlin", "2036-07-01T00:00:00Z"), hours{2});
  EXPECT_EQ(offset("Europe/Berlin", "1970-07-01T00:00:00Z"), hours{1});
  EXPECT_EQ(offset("Australia/Sydney", "2026-12-01T00:00:00Z"), hours{11});
}

TEST(TimeZones, ChangeAtTheVerySecond) {
  EXPECT_EQ(offset("Europe/Berlin", "2026-10-25T00:59:59Z"), hours{2});
  EXPECT_EQ(offset("Europe/Berlin", "2026-10-25T01:00:00Z"), hours{1});
}

TEST(TimeZones, WithoutSummerTimeHaveOneOffset) {
  EXPECT_EQ(offset("UTC", "2026-07-01T00:00:00Z"), Duration::zero());
  EXPECT_TRUE(load_time_zone("UTC", kNow)->changes.empty());
  EXPECT_EQ(offset("Asia/Kolkata", "2040-07-01T00:00:00Z"), minutes{330});
  EXPECT_EQ(load_time_zone("Asia/Kolkata", kNow)->name, "Asia/Kolkata");
}

TEST(TimeZones, ListTheirChangesInOrderAndWithoutRepeats) {
  for (const char* name : {"Europe/Berlin", "America/New_York", "Africa/Casablanca", "Pacific/Apia"}) {
    const TimeZone zone = load_time_zone(name, kNow).value();
    EXPECT_GT(zone.changes.size(), 5u) << name;
    EXPECT_TRUE(
        std::is_sorted(zone.changes.begin(), zone.changes.end(), [](const auto& a, const auto& b) { return a.from < b.from; }));
    for (std::size_t i = 1; i < zone.changes.size(); ++i) EXPECT_NE(zone.changes[i].offset, zone.changes[i - 1].offset) << name;
  }
}

TEST(TimeZones, AMisspeltNameIsRefusedWithTheNearestOne) {
  const auto message = [](const char* name) {
    const auto result = load_time_zone(name, kNow);
    EXPECT_FALSE(result) << name;
    return result ? "" : result.error().message;
  };
  EXPECT_THAT(message("Europe/Berln"), testing::AllOf(HasSubstr("\"Europe/Berln\""), HasSubstr("did you mean Europe/Berlin?")));
  EXPECT_THAT(message("europe/berlin"), HasSubstr("did you mean Europe/Berlin?"));
  EXPECT_THAT(message("Berlin"), HasSubstr("did you mean Europe/Berlin?"));
  EXPECT_THAT(message("Nowhere/Atlantis-under-the-sea"), HasSubstr("IANA name"));
  EXPECT_THAT(message(""), testing::Not(HasSubstr("did you mean \"")));
  EXPECT_THAT(message("../../etc/passwd"), HasSubstr("there is no time zone"));
  EXPECT_THAT(message("posixrules/../UTC"), HasSubstr("there is no time zone"));
}

}  // namespace
}  // namespace drover
