#include "base/shown.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace drover {
namespace {

TEST(Shown, LeavesOrdinaryTextAsItIs) {
  for (const char* text : {"", "vms/db-0", "größer, \xe2\x82\xac, \xf0\x9f\x90\x91", "a \\ b \"c\"", "10 % -> 20 %"})
    EXPECT_EQ(shown(text), text);
}

TEST(Shown, ShowsWhatWouldDriveATerminal) {
  EXPECT_EQ(shown("\x1b[2J\x07"), "\\x1b[2J\\x07");
  EXPECT_EQ(shown("\x7f"), "\\x7f");
  EXPECT_EQ(shown("\xc2\x9b"
                  "31m"),
            "\\u009b31m")
      << "a terminal takes it for ESC [";
  EXPECT_EQ(shown(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Shown, KeepsALineALine) {
  EXPECT_EQ(shown("licence\nvms/zzz\tMove\r\n"), "licence vms/zzz Move  ");
  EXPECT_EQ(shown("a\xe2\x80\xa8z"), "a\\u2028z");
  EXPECT_EQ(shown("a\xe2\x80\xaetxt"), "a\\u202etxt") << "read from right to left";
}

TEST(Shown, ShowsBytesThatAreNoText) {
  EXPECT_EQ(shown("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(shown("a\xc2"), "a\\xc2");
  EXPECT_EQ(shown("\xc0\x9b"), "\\xc0\\x9b") << "overlong";
  EXPECT_EQ(shown("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
}

// Whatever comes in, nothing that comes out drives anything, and a second time changes nothing.
TEST(Shown, LeavesNoControlCharacterOfAnyBytes) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (int k = 0; k < 12; ++k) text += static_cast<char>(random() % (i % 2 == 0 ? 256 : 64) + (i % 2 == 0 ? 0 : 0x80));
    const std::string safe = shown(text);
    for (std::size_t at = 0; at < safe.size(); ++at) {
      const auto c = static_cast<unsigned char>(safe[at]);
      EXPECT_GE(c, 0x20) << i;
      EXPECT_NE(c, 0x7f) << i;
      EXPECT_FALSE(c == 0xc2 && at + 1 < safe.size() && static_cast<unsigned char>(safe[at + 1]) < 0xa0) << i;
    }
    EXPECT_EQ(shown(safe), safe);
  }
}

}  // namespace
}  // namespace drover
