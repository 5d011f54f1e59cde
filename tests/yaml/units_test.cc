#include "yaml/units.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(Units, AreReadWithAndWithoutASpace) {
  EXPECT_EQ(parse_bytes("8 GiB"), std::int64_t{8} << 30);
  EXPECT_EQ(parse_bytes("8Gi"), std::int64_t{8} << 30);
  EXPECT_EQ(parse_bytes("1.5 kB"), 1500);
  EXPECT_EQ(parse_rate("10 Gbit/s"), 1.25e9);
  EXPECT_EQ(parse_rate("20 MiB/s"), 20.0 * 1024 * 1024);
  EXPECT_EQ(parse_watts("250W"), 250);
  EXPECT_EQ(parse_joules("24 kJ"), 24000);
  EXPECT_EQ(parse_share("30%"), 0.3);
  EXPECT_EQ(parse_share("0.3"), 0.3);
  EXPECT_EQ(parse_share("5.3e-05"), 0.000053);
  EXPECT_EQ(parse_share("1E-1%"), 0.001);
  EXPECT_EQ(parse_milli_cpu("1.5"), 1500);
  EXPECT_EQ(parse_milli_cpu("250m"), 250);
  EXPECT_EQ(parse_span("2d"), Duration(hours{48}));
  EXPECT_EQ(parse_span("1h30m"), Duration(minutes{90}));
}

TEST(Units, MustBeThereAndBeRight) {
  for (const char* text :
       {"", "8", "GiB", "-8 GiB", "8  GiB", "8 gib", "1e3 GiB", "inf B", "nan B", "8 GiB/s", "99999999999 TiB"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
  for (const char* text : {"10", "10 Gbit", "10 W", "-1 bit/s"}) EXPECT_FALSE(parse_rate(text)) << text;
  for (const char* text : {"101%", "1.01", "-1%", "%", "1e1", "e-5", "1e", "inf", "nan"}) EXPECT_FALSE(parse_share(text)) << text;
  for (const char* text : {"5", "-5m", "5x", "1000000h", "99999999d"}) EXPECT_FALSE(parse_span(text)) << text;
  for (const char* text : {"1.5", "-1", "1000000000000000000", "1 "}) EXPECT_FALSE(parse_count(text)) << text;
}

TEST(Units, OfNothingMayBeLeftOut) {
  EXPECT_EQ(parse_bytes("0"), 0);
  EXPECT_EQ(parse_rate("0"), 0);
  EXPECT_EQ(parse_span("0"), Duration::zero());
}

}  // namespace
}  // namespace drover
