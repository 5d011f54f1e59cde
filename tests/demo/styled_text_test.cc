#include "demo/styled_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover {
namespace {

using testing::ElementsAre;

TEST(StyledText, CountsCharactersNotBytes) {
  Line line("node ");
  line.repeat(kUnicodeGlyphs.full, 3, Style::Green).add(" →");
  EXPECT_EQ(line.columns(), 10U);
  EXPECT_EQ(line.text(), "node ███ →");
}

TEST(StyledText, CutsBetweenCharactersAndKeepsStyles) {
  Line line("ab", Style::Bold);
  line.add("█▒█", Style::Red).add("tail");
  line.cut(4);
  EXPECT_EQ(line.columns(), 4U);
  EXPECT_EQ(line.text(), "ab█▒");
  EXPECT_EQ(line.with_escape_codes(), "\033[1mab\033[0m\033[31m█▒\033[0m");
  EXPECT_EQ(Line("abc").cut(0).text(), "");
  EXPECT_EQ(Line("abc").cut(9).text(), "abc");
}

TEST(StyledText, LetsNoNameSteerTheTerminal) {
  EXPECT_EQ(Line("a\033[2Jb\nc\x7f").text(), "a?[2Jb?c?");
}

TEST(StyledText, HasNoEscapeCodesAsPlainText) {
  EXPECT_EQ(Line("red", Style::Red).text().find('\033'), std::string::npos);
}

TEST(StyledText, WrapsAtWords) {
  EXPECT_THAT(wrapped("one two  three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("extraordinary x", 5), ElementsAre("extraordinary", "x"));
  EXPECT_THAT(wrapped("", 5), ElementsAre());
}

TEST(StyledText, WritesNumbersForPeople) {
  EXPECT_EQ(decimal(1234567.89, 1), "1,234,567.9");
  EXPECT_EQ(decimal(-1234, 0), "-1,234");
  EXPECT_EQ(decimal(999, 0), "999");
  EXPECT_EQ(percent(0.349), "34.9 %");
  EXPECT_EQ(percent(0), "0 %");
  EXPECT_EQ(percent(0.000042), "0.0042 %");
  EXPECT_EQ(percent(-0.02), "-2.0 %");
}

}  // namespace
}  // namespace drover
