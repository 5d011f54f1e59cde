#include "kube/line_splitter.h"

#include <gtest/gtest.h>

#include <vector>

namespace drover::kube {
namespace {

using Fed = LineSplitter::Fed;

struct Lines {
  std::vector<std::string> seen;
  std::size_t stop_after = 1000;
  std::function<bool(std::string_view)> sink = [this](std::string_view line) {
    seen.emplace_back(line);
    return seen.size() < stop_after;
  };
};

TEST(LineSplitter, JoinsSplitLinesAndSplitsJoinedOnes) {
  LineSplitter splitter(100);
  Lines lines;
  EXPECT_EQ(splitter.feed(std::string_view("one\ntwo\nthr"), lines.sink), Fed::More);
  EXPECT_TRUE(splitter.in_line());
  EXPECT_EQ(splitter.feed(std::string_view("ee\n"), lines.sink), Fed::More);
  EXPECT_FALSE(splitter.in_line());
  EXPECT_EQ(lines.seen, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(LineSplitter, GivesTheSameLinesHoweverTheBytesArrive) {
  const std::string text = "a\n\nbcd\r\nefghij\nk\n";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    LineSplitter splitter(100);
    Lines lines;
    for (std::size_t at = 0; at < text.size(); at += size) {
      EXPECT_EQ(splitter.feed(std::string_view(text).substr(at, size), lines.sink), Fed::More);
    }
    EXPECT_EQ(lines.seen, (std::vector<std::string>{"a", "bcd", "efghij", "k"})) << size;
  }
}

TEST(LineSplitter, TakesALineOfAMebibyte) {
  LineSplitter splitter(2 << 20);
  Lines lines;
  const std::string big(1 << 20, 'x');
  for (std::size_t at = 0; at < big.size(); at += 10000) {
    EXPECT_EQ(splitter.feed(std::string_view(big).substr(at, 10000), lines.sink), Fed::More);
  }
  EXPECT_EQ(splitter.feed(std::string_view("\n"), lines.sink), Fed::More);
  ASSERT_EQ(lines.seen.size(), 1u);
  EXPECT_EQ(lines.seen[0], big);
}

TEST(LineSplitter, RefusesALineBeyondItsBoundWithoutKeepingIt) {
  LineSplitter splitter(8);
  Lines lines;
  EXPECT_EQ(splitter.feed(std::string_view("12345678\n12345"), lines.sink), Fed::More);
  EXPECT_EQ(splitter.feed(std::string_view("6789"), lines.sink), Fed::TooLong);
  EXPECT_EQ(lines.seen.size(), 1u);
}

TEST(LineSplitter, StopsWhenTheSinkHasEnough) {
  LineSplitter splitter(100);
  Lines lines;
  lines.stop_after = 2;
  EXPECT_EQ(splitter.feed(std::string_view("1\n2\n3\n"), lines.sink), Fed::Stopped);
  EXPECT_EQ(lines.seen.size(), 2u);
}

}  // namespace
}  // namespace drover::kube
