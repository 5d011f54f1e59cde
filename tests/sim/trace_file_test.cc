#include "sim/trace_file.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace drover::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(const std::string& text) {
  const auto trace = parse_trace(text, "t");
  return trace ? "" : trace.error().message;
}

TEST(TraceFile, ReadsPlanetLabsPercents) {
  const auto trace = parse_trace("10\n0\n100\n", "t");
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_THAT(trace->cpu, ElementsAre(0.1F, 0.0F, 1.0F));
  EXPECT_EQ(trace->interval, Duration(minutes{5}));
}

TEST(TraceFile, ReadsCsvWithMemory) {
  const auto trace = parse_trace("time,cpu,memory\n0,0.5,20%\n60,25%,0.3\n", "t");
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_THAT(trace->cpu, ElementsAre(0.5F, 0.25F));
  EXPECT_THAT(trace->memory, ElementsAre(0.2F, 0.3F));
  EXPECT_EQ(trace->interval, Duration(minutes{1}));
}

// A trace of a real cluster counts from 1970, in text as data frames write it.
TEST(TraceFile, TakesTimeFromAnyMomentSinceOnlyDistancesMatter) {
  for (const char* text : {"time,cpu\n1700000000,0.5\n1700000300,0.25\n", "time,cpu\n1700000000.0,0.5\n1700000300.0,0.25\n",
                           "time,cpu\n0,0.5\n300,0.25\n", "time,cpu\n9007199254740000,0.5\n9007199254740300,0.25\n"}) {
    const auto trace = parse_trace(text, "t");
    ASSERT_TRUE(trace) << trace.error().message;
    EXPECT_EQ(trace->interval, Duration(minutes{5}));
    EXPECT_THAT(trace->cpu, ElementsAre(0.5F, 0.25F));
  }
}

TEST(TraceFile, TakesSmallSharesAsProgramsWriteThem) {
  const auto trace = parse_trace("time,cpu\n0,5.3e-05\n300,1E-05\n", "t");
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_THAT(trace->cpu, ElementsAre(0.000053F, 0.00001F));
}

TEST(TraceFile, PassesOverAByteOrderMarkAndSpacesInTheHeader) {
  for (const char* text : {"\xef\xbb\xbftime,cpu\r\n0,0.5\r\n60,0.25\r\n", "time, cpu\n0, 0.5\n60, 0.25\n"}) {
    const auto trace = parse_trace(text, "t");
    ASSERT_TRUE(trace) << trace.error().message;
    EXPECT_THAT(trace->cpu, ElementsAre(0.5F, 0.25F));
  }
  const auto percents = parse_trace(
      "\xef\xbb\xbf"
      "10\n20\n",
      "t");
  ASSERT_TRUE(percents) << percents.error().message;
  EXPECT_THAT(percents->cpu, ElementsAre(0.1F, 0.2F));
}

TEST(TraceFile, NamesTheLineThatIsWrong) {
  EXPECT_THAT(error_of(""), HasSubstr("is empty"));
  EXPECT_THAT(error_of("1\n2\nx\n"), HasSubstr("t:3: \"x\" is no percentage"));
  EXPECT_THAT(error_of("1\n101\n"), HasSubstr("t:2"));
  EXPECT_THAT(error_of("1\n-1\n"), HasSubstr("t:2"));
  EXPECT_THAT(error_of("\xc3\x28"), HasSubstr("UTF-8"));
  EXPECT_THAT(error_of("time,ram\n1,2\n"), HasSubstr("header"));
  EXPECT_THAT(error_of("time,cpu\n0,0.5\n"), HasSubstr("two samples"));
  EXPECT_THAT(error_of("time,cpu\n0,0.5\n0,0.5\n"), HasSubstr("must rise"));
  EXPECT_THAT(error_of("time,cpu\n0,0.5\n5,0.5\n11,0.5\n"), HasSubstr("t:4: the samples must be at equal distances"));
  EXPECT_THAT(error_of("time,cpu\n0,0.5\n5,1.5\n"), HasSubstr("t:3: cpu must be a share"));
  EXPECT_THAT(error_of("time,cpu\n0,0.5\n5\n"), HasSubstr("t:3: has 1 fields"));
  for (const char* time : {"-5", "0.5", "x", "nan", "1e300", ""}) {
    EXPECT_THAT(error_of("time,cpu\n" + std::string(time) + ",0.5\n9,0.5\n"), HasSubstr("t:2: time must be whole seconds")) << time;
  }
  EXPECT_THAT(error_of("time,cpu\n0,0.5\n1700000000,0.5\n"), HasSubstr("t:3: the samples are more than ten years apart"));
}

TEST(TraceFile, TracesOfAFolderComeInOrderAndMustBeAlike) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "drover-traces";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "b") << "1\n2\n";
  std::ofstream(folder / "a") << "3\n4\n";
  const auto traces = read_traces(folder.string());
  ASSERT_TRUE(traces) << traces.error().message;
  EXPECT_FLOAT_EQ(traces->front().cpu.front(), 0.03F);
  std::ofstream(folder / "c") << "1\n2\n3\n";
  const auto unequal = read_traces(folder.string());
  ASSERT_FALSE(unequal);
  EXPECT_THAT(unequal.error().message, HasSubstr("must be alike"));
  std::filesystem::remove_all(folder);
}

TEST(TraceFile, OfAFolderHiddenFilesArePassedOver) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "drover-hidden-traces";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / ".DS_Store") << "Bud1";
  const auto none = read_traces(folder.string());
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("the folder has no traces"));
  std::ofstream(folder / "a.txt") << "10\n20\n";
  const auto traces = read_traces(folder.string());
  ASSERT_TRUE(traces) << traces.error().message;
  EXPECT_EQ(traces->size(), 1U);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace drover::sim
