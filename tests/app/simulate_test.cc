// The program itself, run as a person would.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

namespace drover {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kScenarios = DROVER_SOURCE_DIR "/manifests/samples/scenarios/";

struct Outcome {
  int code = -1;
  std::string said;
};

Outcome simulate(const std::string& arguments) {
  const std::string command = std::string(DROVER_BINARY) + " simulate " + arguments;
  Outcome outcome;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) outcome.said.append(buffer.data(), got);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.code = WEXITSTATUS(status);
  return outcome;
}

std::string without_wall(const std::string& json) {
  return std::regex_replace(json, std::regex("\"wallSeconds\":[^,]*"), "");
}

TEST(Simulate, GivesTheSameBytesForASeedButForTheWallClock) {
  const std::string arguments = "--scenario " + kScenarios + "burst.yaml --seed 5 --days 0.03 -o json";
  const Outcome first = simulate(arguments);
  const Outcome second = simulate(arguments);
  ASSERT_EQ(first.code, 0) << first.said;
  EXPECT_EQ(without_wall(first.said), without_wall(second.said));
  for (const char* field : {"seed", "policy", "energyKWh", "slatah", "pdm", "slav", "esv", "migrations", "activeNodesMean",
                            "nodeStarts", "nodeStops", "vmsLost", "invariantViolations", "wallSeconds", "decisionsHash"}) {
    EXPECT_THAT(first.said, HasSubstr("\"" + std::string(field) + "\":"));
  }
}

TEST(Simulate, TakesOtherPoliciesAndDays) {
  const Outcome outcome = simulate("--scenario " + kScenarios +
                                   "day.yaml --policy " DROVER_SOURCE_DIR "/manifests/samples/threshold.yaml --days 0.1 -o json");
  ASSERT_EQ(outcome.code, 0) << outcome.said;
  EXPECT_THAT(outcome.said, AllOf(HasSubstr("vms/cpu-pressure"), HasSubstr("\"simulatedSeconds\":8640.0")));
}

TEST(Simulate, EndsWith2AndSaysWhyWhenTheScenarioIsWrong) {
  const auto folder = std::filesystem::path(::testing::TempDir());
  const std::string file = folder / "drover-wrong.yaml";
  std::ofstream(file) << "nodes:\n- {name: node, memory: 32}\n";
  const Outcome wrong = simulate("--scenario " + file + " -o json 2>&1 >/dev/null");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.said, HasSubstr(file + ":2: nodes[0].memory"));
  EXPECT_EQ(simulate("--scenario " + file + " 2>/dev/null").said, "") << "nothing half-written";
  EXPECT_EQ(simulate("--scenario /no/such 2>/dev/null").code, 2);
  EXPECT_EQ(simulate("2>/dev/null").code, 2);
  EXPECT_EQ(simulate("--scenario " + kScenarios + "burst.yaml --seed x 2>/dev/null").code, 2);
  EXPECT_EQ(simulate("--scenario " + kScenarios + "burst.yaml --policy " + file + " 2>/dev/null").code, 2);
  std::filesystem::remove(file);
}

TEST(Simulate, HelpTeachesTheScenario) {
  const Outcome help = simulate("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.said, AllOf(HasSubstr("pattern: bursts"), HasSubstr("frequencySteps"), HasSubstr("--policy")));
}

}  // namespace
}  // namespace drover
