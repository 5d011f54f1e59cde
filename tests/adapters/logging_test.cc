#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "adapters/logging/spdlog_log.h"
#include "base/time.h"

namespace drover {
namespace {

using nlohmann::json;

TEST(Logging, WritesOneJsonObjectALine) {
  std::ostringstream out;
  make_log(LogFormat::Json, LogLevel::Info, out)->warn("it \"broke\"", {{"node", "n\n1"}, {"count", "3"}});
  const std::string text = out.str();
  const json line = json::parse(text);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_EQ(line["level"], "warn");
  EXPECT_EQ(line["message"], "it \"broke\"");
  EXPECT_EQ(line["node"], "n\n1");
  EXPECT_EQ(line["count"], "3");
  EXPECT_TRUE(parse_rfc3339(line["time"].get<std::string>()));
  EXPECT_EQ(text.find("{\"time\":\""), 0u);
}

TEST(Logging, StaysJsonWhateverBytesComeIn) {
  std::ostringstream out;
  make_log(LogFormat::Json, LogLevel::Info, out)->info("bad \xff\xfe {} %v", {{"k\x80", std::string("\0\x1b", 2)}});
  const json line = json::parse(out.str());
  EXPECT_THAT(line["message"].get<std::string>(), testing::EndsWith(" {} %v"));
}

TEST(Logging, TextIsOneLineWithQuotesWhereNeeded) {
  std::ostringstream out;
  make_log(LogFormat::Text, LogLevel::Info, out)->info("leading", {{"lease", "d/l"}, {"why", "two\nwords"}, {"none", ""}});
  EXPECT_THAT(out.str(), testing::EndsWith("Z INFO  leading lease=d/l why=\"two\\nwords\" none=\"\"\n"));
}

TEST(Logging, DropsWhatIsBelowItsLevel) {
  std::ostringstream out;
  const auto log = make_log(LogFormat::Text, LogLevel::Warn, out);
  log->debug("a");
  log->info("b");
  EXPECT_EQ(out.str(), "");
  log->warn("c");
  log->error("d");
  EXPECT_THAT(out.str(), testing::AllOf(testing::HasSubstr("WARN  c"), testing::HasSubstr("ERROR d")));
}

TEST(Logging, LinesOfManyThreadsDoNotMix) {
  std::ostringstream out;
  const auto log = make_log(LogFormat::Json, LogLevel::Debug, out);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log] {
        for (int i = 0; i < 200; ++i) log->debug("line", {{"filler", std::string(100, 'x')}});
      });
    }
  }
  std::istringstream lines(out.str());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_EQ(json::parse(line)["message"], "line");
  EXPECT_EQ(count, 800);
}

TEST(Logging, KnowsItsFormatsAndLevelsByName) {
  EXPECT_EQ(parse_log_format("json"), LogFormat::Json);
  EXPECT_EQ(parse_log_format("text"), LogFormat::Text);
  EXPECT_EQ(parse_log_format("xml"), std::nullopt);
  EXPECT_EQ(parse_log_level("debug"), LogLevel::Debug);
  EXPECT_EQ(parse_log_level("error"), LogLevel::Error);
  EXPECT_EQ(parse_log_level("INFO"), std::nullopt);
}

}  // namespace
}  // namespace drover
