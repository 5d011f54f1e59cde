#include "model/time_zone.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(TimeZone, IsUtcWithoutRules) {
  EXPECT_EQ(TimeZone{}.name, "UTC");
  EXPECT_EQ(TimeZone{}.offset_at(Instant{}), Duration::zero());
}

TEST(TimeZone, HoldsEachOffsetFromItsChangeOn) {
  TimeZone zone{.name = "Test"};
  zone.before_first = hours{1};
  const Instant spring{hours{100}};
  const Instant autumn{hours{200}};
  zone.changes = {{spring, hours{2}}, {autumn, hours{1}}};
  EXPECT_EQ(zone.offset_at(Instant::min()), hours{1});
  EXPECT_EQ(zone.offset_at(spring - Duration{1}), hours{1});
  EXPECT_EQ(zone.offset_at(spring), hours{2});
  EXPECT_EQ(zone.offset_at(autumn - Duration{1}), hours{2});
  EXPECT_EQ(zone.offset_at(autumn), hours{1});
  EXPECT_EQ(zone.offset_at(Instant::max()), hours{1});
}

}  // namespace
}  // namespace drover
