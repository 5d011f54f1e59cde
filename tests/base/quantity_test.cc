#include "base/quantity.h"

#include <gtest/gtest.h>

#include <limits>

namespace drover {
namespace {

TEST(Quantity, ReadsCpuInThousandths) {
  EXPECT_EQ(parse_milli("1"), 1000);
  EXPECT_EQ(parse_milli("500m"), 500);
  EXPECT_EQ(parse_milli("0.1"), 100);
  EXPECT_EQ(parse_milli("2.5"), 2500);
  EXPECT_EQ(parse_milli("1u"), 1) << "rounded up, as Kubernetes does";
  EXPECT_EQ(parse_milli("100n"), 1);
  EXPECT_EQ(parse_milli("1001u"), 2);
  EXPECT_EQ(parse_milli("2k"), 2'000'000);
}

TEST(Quantity, ReadsBytesInBothSystems) {
  EXPECT_EQ(parse_whole("128"), 128);
  EXPECT_EQ(parse_whole("1Ki"), 1024);
  EXPECT_EQ(parse_whole("1Mi"), 1048576);
  EXPECT_EQ(parse_whole("1Gi"), 1073741824);
  EXPECT_EQ(parse_whole("1.5Gi"), 1610612736);
  EXPECT_EQ(parse_whole("2Ti"), 2199023255552);
  EXPECT_EQ(parse_whole("1Pi"), 1125899906842624);
  EXPECT_EQ(parse_whole("7Ei"), 8070450532247928832);
  EXPECT_EQ(parse_whole("64M"), 64'000'000);
  EXPECT_EQ(parse_whole("1k"), 1000);
  EXPECT_EQ(parse_whole("1G"), 1'000'000'000);
  EXPECT_EQ(parse_whole("1T"), 1'000'000'000'000);
  EXPECT_EQ(parse_whole("1P"), 1'000'000'000'000'000);
  EXPECT_EQ(parse_whole("9E"), 9'000'000'000'000'000'000);
}

TEST(Quantity, RoundsUpToWholeUnits) {
  EXPECT_EQ(parse_whole("1500m"), 2);
  EXPECT_EQ(parse_whole("1m"), 1);
  EXPECT_EQ(parse_whole("1000m"), 1);
  EXPECT_EQ(parse_whole("0.3Ki"), 308);
  EXPECT_EQ(parse_whole("0"), 0);
}

TEST(Quantity, KeepsValuesThatAreWholeWhole) {
  EXPECT_EQ(parse_whole("0.1G"), 100'000'000);
  EXPECT_EQ(parse_milli("0.001"), 1);
  EXPECT_EQ(parse_milli("16.000"), 16000);
  EXPECT_EQ(parse_whole("68719476736"), 68719476736);
  EXPECT_EQ(parse_whole("9007199254740993"), 9007199254740993) << "beyond what a double holds";
}

TEST(Quantity, ReadsExponentsAndOddForms) {
  EXPECT_EQ(parse_whole("1e3"), 1000);
  EXPECT_EQ(parse_whole("1E3"), 1000);
  EXPECT_EQ(parse_whole("12e-1"), 2);
  EXPECT_EQ(parse_whole("1e+2"), 100);
  EXPECT_EQ(parse_whole("1E"), 1'000'000'000'000'000'000);
  EXPECT_EQ(parse_whole("+5"), 5);
  EXPECT_EQ(parse_whole(".5Ki"), 512);
  EXPECT_EQ(parse_whole("5."), 5);
}

TEST(Quantity, RefusesWhatIsNone) {
  for (const char* bad : {"", "Gi", "-", "-Gi", "+-1", "1.2.3", "1 Gi", "1gi", "1GI", "1K", "0x10", "1e", "1e+", "1ee3", ".", "+",
                          "++1", "nan", "inf"}) {
    EXPECT_FALSE(parse_whole(bad).has_value()) << bad;
  }
}

TEST(Quantity, IsExactToTheLastDigit) {
  EXPECT_EQ(parse_milli("948309354850404.79u"), 948309354851);
  EXPECT_EQ(parse_milli("1273.534157695848Ki"), 1304098978);
  EXPECT_EQ(parse_whole("4870962053.13"), 4870962054) << "rounded up, however little is behind the point";
  EXPECT_EQ(parse_whole("9.7Ti"), 10665262789428);
  EXPECT_EQ(parse_whole("1e-300"), 1) << "of something, something is left";
  EXPECT_EQ(parse_whole("0e-300"), 0);
  EXPECT_EQ(parse_whole("1.0000000000000000000000000000000Ei"), std::int64_t{1} << 60);
  EXPECT_EQ(parse_whole(" 1Gi "), std::int64_t{1} << 30) << "apimachinery passes over spaces around";
}

// Kubernetes caps at 2^63-1 and writes that figure; a device plugin may advertise it, and nobody is to lose a node by it.
TEST(Quantity, CapsWhatDoesNotFit) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(parse_whole("9223372036854775807"), kMost);
  EXPECT_EQ(parse_whole("9223372036854775806"), kMost - 1);
  EXPECT_EQ(parse_whole("8Ei"), kMost);
  EXPECT_EQ(parse_whole("10E"), kMost);
  EXPECT_EQ(parse_whole("1e999"), kMost);
  EXPECT_EQ(parse_whole("1e99999999999999999999"), kMost);
  EXPECT_EQ(parse_milli("10P"), kMost);
  EXPECT_EQ(parse_whole(std::string(100000, '9')), kMost);
  EXPECT_EQ(parse_whole("0." + std::string(100000, '9')), 1) << "rounded up";
}

TEST(Quantity, TakesWhatIsNegativeForNone) {
  EXPECT_EQ(parse_whole("-1"), 0);
  EXPECT_EQ(parse_milli("-250m"), 0);
  EXPECT_EQ(parse_whole("-100E"), 0);
}

TEST(BytesText, IsShortAndRounded) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(37), "37 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1024), "1Ki");
  EXPECT_EQ(bytes_text(512LL << 20), "512Mi");
  EXPECT_EQ(bytes_text(3LL << 29), "1.5Gi");
  EXPECT_EQ(bytes_text(1LL << 40), "1Ti");
  EXPECT_EQ(bytes_text(1LL << 50), "1Pi");
}

TEST(NumberText, IsAFigureThatPeopleRead) {
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(0.93), "0.93");
  EXPECT_EQ(number_text(-12.345), "-12.3");
  EXPECT_EQ(number_text(0.000123), "0.000123");
  EXPECT_EQ(number_text(0.0000123), "0.0000123");
  EXPECT_EQ(number_text(1e-9), "almost 0");
  EXPECT_EQ(number_text(999.6), "1000");
  EXPECT_EQ(number_text(1234), "1234");
  EXPECT_EQ(number_text(-31536.4), "-31,536");
  EXPECT_EQ(number_text(1.5e6), "1,500,000");
  EXPECT_EQ(number_text(1e14), "100,000,000,000,000");
}

TEST(ShareText, SaysASmallChanceInWords) {
  EXPECT_EQ(share_text(0), "0 %");
  EXPECT_EQ(share_text(1.3e-9), "less than 1 in a million");
  EXPECT_EQ(share_text(2e-5), "1 in 50,000");
  EXPECT_EQ(share_text(1.1e-6), "1 in 910,000");
  EXPECT_EQ(share_text(0.00012), "0.012 %");
  EXPECT_EQ(share_text(0.004), "0.4 %");
  EXPECT_EQ(share_text(0.0994), "9.9 %");
  EXPECT_EQ(share_text(0.0996), "10 %");
  EXPECT_EQ(share_text(0.42), "42 %");
  EXPECT_EQ(share_text(2.5), "250 %");
}

TEST(NumbersForPeople, HaveNoExponents) {
  for (double value = 1e-12; value < 1e15; value *= 1.7) {
    EXPECT_EQ(number_text(value).find('e'), std::string::npos) << value;
    EXPECT_EQ(share_text(value).find("e+"), std::string::npos) << value;
    EXPECT_EQ(share_text(value).find("e-"), std::string::npos) << value;
  }
}

// 1000 to 1023 of a unit need four digits; an exponent is nothing that people read.
TEST(BytesText, WritesNoExponents) {
  for (const std::int64_t bytes :
       {1000LL << 10, 1023LL << 20, 1010LL << 30, 1000LL << 40, 1023LL << 40, 5000LL << 50, 9223372036854775807LL}) {
    EXPECT_EQ(bytes_text(bytes).find('e'), std::string::npos) << bytes_text(bytes);
  }
  EXPECT_EQ(bytes_text(1023LL << 20), "1023Mi");
}

}  // namespace
}  // namespace drover
