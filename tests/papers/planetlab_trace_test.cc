#include "papers/planetlab_trace.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "papers/planetlab_made.h"
#include "support/temporary_folder.h"

namespace drover::papers {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string lines(int count, int value) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(value) + "\n";
  return text;
}

std::string refusal(std::string_view text) {
  const auto trace = parse_use_trace(text, "day/vm");
  return trace ? "accepted" : trace.error().message;
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

void write_archive(const std::filesystem::path& path, const std::vector<std::pair<std::string, std::string>>& files) {
  archive* out = archive_write_new();
  archive_write_add_filter_xz(out);
  archive_write_set_format_pax_restricted(out);
  archive_write_open_filename(out, path.c_str());
  for (const auto& [name, text] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(out, entry);
    archive_write_data(out, text.data(), text.size());
    archive_entry_free(entry);
  }
  archive_write_free(out);
}

TEST(UseTrace, HasOneWholePercentALine) {
  const auto trace = parse_use_trace(lines(kFrames, 42), "vm");
  ASSERT_TRUE(trace);
  EXPECT_EQ(*trace, std::vector<std::uint8_t>(kFrames, 42));
}

TEST(UseTrace, MayLackTheLastLineEndAndMayCarryReturns) {
  std::string text = lines(kFrames, 7);
  text.pop_back();
  EXPECT_TRUE(parse_use_trace(text, "vm"));
  std::string windows;
  for (int i = 0; i < kFrames; ++i) windows += "7\r\n";
  EXPECT_TRUE(parse_use_trace(windows, "vm"));
}

TEST(UseTrace, IsRefusedWithFileLineAndFix) {
  EXPECT_EQ(refusal(""), "day/vm: empty; a trace has 288 lines, one for every five minutes of a day");
  EXPECT_EQ(refusal(lines(2, 5) + "five\n"), "day/vm:3: \"five\" is not a whole number; write CPU use in percent, from 0 to 100");
  EXPECT_EQ(refusal("5\n-1\n"), "day/vm:2: -1 is not a share of a CPU; write CPU use in percent, from 0 to 100");
  EXPECT_EQ(refusal("101\n"), "day/vm:1: 101 is not a share of a CPU; write CPU use in percent, from 0 to 100");
  EXPECT_THAT(refusal("1000000000000000000\n"), HasSubstr("not a whole number"));
  EXPECT_THAT(refusal("0.5\n"), HasSubstr("not a whole number"));
  EXPECT_THAT(refusal("5\n\n5\n"), StartsWith("day/vm:2: \"\" is not"));
  EXPECT_THAT(refusal("5\n\xe9\n"), StartsWith("day/vm:2: \"?\" is not plain text"));
  EXPECT_THAT(refusal(lines(287, 5)), StartsWith("day/vm:287: ends after 287 lines"));
  EXPECT_THAT(refusal(lines(289, 5)), StartsWith("day/vm:289: more than 288 lines"));
}

TEST(UseTraces, OfAFolderAreSortedByNameByteByByte) {
  const test::TemporaryFolder folder;
  write(folder.path("b"), lines(kFrames, 2));
  write(folder.path("a b"), lines(kFrames, 1));
  write(folder.path("B"), lines(kFrames, 0));
  const auto day = read_use_traces(folder.path());
  ASSERT_TRUE(day);
  ASSERT_EQ(day->percent.size(), 3U);
  for (std::size_t vm = 0; vm < 3; ++vm) EXPECT_EQ(day->percent[vm][0], vm);
}

TEST(UseTraces, OfAnArchiveAreThoseOfTheFolder) {
  const test::TemporaryFolder folder;
  const auto path = folder.path("20200101.tar.xz");
  write_archive(path, {{"20200101/b", lines(kFrames, 2)}, {"20200101/a", lines(kFrames, 1)}});
  const auto day = read_use_traces(path);
  ASSERT_TRUE(day) << to_string(day.error());
  EXPECT_EQ(day->name, "20200101");
  ASSERT_EQ(day->percent.size(), 2U);
  EXPECT_EQ(day->percent[0][0], 1);
  EXPECT_EQ(day->percent[1][287], 2);
}

TEST(UseTraces, NameTheFileOfAnArchiveThatIsWrong) {
  const test::TemporaryFolder folder;
  const auto path = folder.path("day.tar.xz");
  write_archive(path, {{"day/vm 1", lines(kFrames, 2)}, {"day/vm 2", lines(5, 1)}});
  const auto day = read_use_traces(path);
  ASSERT_FALSE(day);
  EXPECT_THAT(day.error().message, HasSubstr("day.tar.xz:day/vm 2:5: ends after 5 lines"));
}

TEST(UseTraces, AreRefusedWhereThereAreNone) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(read_use_traces(folder.path()).error().message, HasSubstr("holds no traces"));
  EXPECT_THAT(read_use_traces(folder.path("none")).error().message, HasSubstr("not there"));
  write(folder.path("cut.tar.xz"), "not an archive at all");
  EXPECT_THAT(read_use_traces(folder.path("cut.tar.xz")).error().message, HasSubstr("give a folder, or a .tar.xz"));
}

TEST(MadeTraces, AreTheSameForASeedAndOthersForAnother) {
  EXPECT_EQ(make_use_traces(20, 1).percent, make_use_traces(20, 1).percent);
  EXPECT_NE(make_use_traces(20, 1).percent, make_use_traces(20, 2).percent);
}

TEST(MadeTraces, WantAboutAsMuchAsPlanetLabs) {
  double sum = 0;
  const auto day = make_use_traces(1000, 3);
  for (const auto& trace : day.percent) {
    for (const auto percent : trace) sum += percent;
  }
  EXPECT_NEAR(sum / (1000.0 * kFrames), 11, 2);
}

}  // namespace
}  // namespace drover::papers
