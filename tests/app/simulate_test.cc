// The program itself, run as a person would.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "support/temporary_folder.h"

namespace drover {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kScenarios = DROVER_SOURCE_DIR "/manifests/samples/scenarios/";

struct Outcome {
  int code = -1;
  std::string said;
};

Outcome shell(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) outcome.said.append(buffer.data(), got);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.code = WEXITSTATUS(status);
  return outcome;
}

Outcome simulate(const std::string& arguments) {
  return shell(std::string(DROVER_BINARY) + " simulate " + arguments);
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

TEST(Simulate, TellsWhatEachLimitCosts) {
  const auto report = nlohmann::json::parse(simulate("--scenario " + kScenarios + "day.yaml --days 0.05 --limits -o json").said);
  const auto& costs = report.at("limits");
  ASSERT_GE(costs.size(), 5U);
  for (const auto& cost : costs) {
    EXPECT_LT(std::abs(cost.at("costKWh").get<double>()), report.at("energyKWh").get<double>() / 2) << cost;
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

class SimulatePolicies : public ::testing::Test {
 protected:
  std::string scenario(const std::string& more = "") {
    return folder.write("world.yaml",
                        "duration: 10m\nnamespaces: [{name: vms, labels: {tier: team}}]\nnodes: [{name: n, count: 2}]\n"
                        "vms: [{name: web, namespace: vms, count: 2, labels: {app: web}}]\n" +
                            more);
  }
  std::string consolidation(const std::string& spec) {
    return folder.write(
        "policy.yaml",
        "apiVersion: policy.drover.dev/v1alpha1\nkind: ClusterMigrationPolicy\nmetadata: {name: pack}\nspec:\n"
        "  type: Consolidation\n  consolidation: {strategy: Balanced}\n  namespaceSelector: {matchLabels: {tier: team}}\n" +
            spec);
  }
  // Of both streams.
  Outcome with_policy(const std::string& file) { return simulate("--scenario " + scenario() + " --policy " + file + " 2>&1"); }

  test::TemporaryFolder folder;
};

// A run in which nothing happens, for a reason that nobody is told, is worse than none.
TEST_F(SimulatePolicies, RefusesWhatTheOperatorWouldCallInvalidInTheWordsOfPlan) {
  const Outcome cron = with_policy(consolidation("  schedule: [{cron: \"0 20 * * Monday\", duration: 1h}]\n"));
  EXPECT_EQ(cron.code, 2);
  EXPECT_THAT(cron.said, AllOf(HasSubstr("drover: policy pack: Invalid: spec.schedule[0].cron"), HasSubstr("day-of-week")));
  const Outcome zone = with_policy(consolidation("  schedule: [{cron: \"0 20 * * *\", duration: 1h, timeZone: Europe/berlin}]\n"));
  EXPECT_EQ(zone.code, 2);
  EXPECT_THAT(zone.said, AllOf(HasSubstr("policy pack: Invalid: "), HasSubstr("Europe/berlin")));
  const Outcome budget =
      with_policy(consolidation("  disruption: {budgets: [{migrations: 1, schedule: \"61 * * * *\", duration: 1h}]}\n"));
  EXPECT_EQ(budget.code, 2);
  EXPECT_THAT(budget.said, HasSubstr("spec.disruption.budgets[0].schedule"));
  const Outcome field = with_policy(consolidation("  schedules: []\n"));
  EXPECT_EQ(field.code, 2);
  EXPECT_THAT(field.said, HasSubstr("unknown field \"spec.schedules\""));
  const Outcome promql = with_policy(
      folder.write("policy.yaml",
                   "apiVersion: policy.drover.dev/v1alpha1\nkind: MigrationPolicy\nmetadata: {name: hot, namespace: vms}\n"
                   "spec: {type: Threshold, threshold: {signal: {promql: {query: up}}, level: 1}}\n"));
  EXPECT_EQ(promql.code, 2);
  EXPECT_THAT(promql.said, AllOf(HasSubstr("policy vms/hot: SignalInvalid: "), HasSubstr("kubevirtMetric")));
}

TEST_F(SimulatePolicies, SaysOfAPolicyThatWillDoNothingWhy) {
  EXPECT_THAT(with_policy(consolidation("")).said, ::testing::Not(HasSubstr("drover: ")));
  const Outcome nobody = with_policy(consolidation("  selector: {matchLabels: {app: db}}\n"));
  EXPECT_EQ(nobody.code, 0);
  EXPECT_THAT(nobody.said, HasSubstr("drover: policy pack: it selects no VM"));
  const Outcome idle = with_policy(
      folder.write("policy.yaml",
                   "apiVersion: policy.drover.dev/v1alpha1\nkind: ClusterMigrationPolicy\nmetadata: {name: pack}\nspec:\n"
                   "  {type: Consolidation, consolidation: {strategy: Placement, lowLoad: 0.2, powerDown: {enabled: true}}}\n"));
  EXPECT_THAT(idle.said,
              HasSubstr("drover: policy pack: without effect: spec.consolidation.lowLoad (only strategy Fuzzy looks at it)"));
  EXPECT_THAT(idle.said, ::testing::Not(HasSubstr("powerDown")));
  const Outcome suspended = with_policy(consolidation("  suspend: yes\n"));
  EXPECT_THAT(suspended.said, HasSubstr("drover: policy pack: Suspended: "));
  const Outcome unknown = with_policy(
      folder.write("policy.yaml",
                   "apiVersion: policy.drover.dev/v1alpha1\nkind: MigrationPolicy\nmetadata: {name: far, namespace: vms}\n"
                   "spec: {type: RandomInterval, randomInterval: {minInterval: 1h, maxInterval: 2h}}\n"));
  EXPECT_EQ(unknown.code, 0);
  EXPECT_THAT(unknown.said, HasSubstr("drover: policy vms/far: NotImplemented: "));
}

TEST_F(SimulatePolicies, SaysThatTheWindowOfAMetricHasNoEffectHere) {
  const auto said = [&](const std::string& metric) {
    return with_policy(
               folder.write("policy.yaml",
                            "apiVersion: policy.drover.dev/v1alpha1\nkind: MigrationPolicy\nmetadata: {name: hot, namespace: vms}\n"
                            "spec: {type: Threshold, threshold: {signal: {kubevirtMetric: " +
                                metric + "}, level: 1}}\n"))
        .said;
  };
  EXPECT_THAT(said("{name: CPUDelay, window: 9m}"),
              HasSubstr("policy vms/hot: without effect: kubevirtMetric.window of its signal"));
  EXPECT_THAT(said("{name: CPUDelay}"), ::testing::Not(HasSubstr("without effect")));
}

TEST_F(SimulatePolicies, TheJsonHasTheFieldsThatTheDocumentationLists) {
  std::ifstream in(std::string(DROVER_SOURCE_DIR) + "/docs/scenarios.md");
  std::set<std::string> listed;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) inside = line == "## What is reported";
    if (!inside || !line.starts_with("| `")) continue;
    const std::string names = line.substr(2, line.find('|', 2) - 2);
    for (std::size_t at = names.find('`'); at != std::string::npos; at = names.find('`', names.find('`', at + 1) + 1))
      listed.insert(names.substr(at + 1, names.find('`', at + 1) - at - 1));
  }
  const Outcome run = simulate("-o json --scenario " + scenario() + " 2>/dev/null");
  ASSERT_EQ(run.code, 0);
  std::set<std::string> written;
  const auto report = nlohmann::json::parse(run.said);
  for (const auto& [field, value] : report.items()) written.insert(field);
  EXPECT_EQ(written, listed);
}

TEST_F(SimulatePolicies, SaysWhyNothingWasMoved) {
  const Outcome still = with_policy(consolidation("  mode: Enforce\n"));
  EXPECT_EQ(still.code, 0);
  EXPECT_THAT(still.said, AllOf(HasSubstr("nothing was moved; at the end\n"), HasSubstr("  policy pack: ")));
}

TEST_F(SimulatePolicies, NamesTheScenarioOfAPolicyFileThatIsNotThere) {
  const Outcome missing = simulate("--scenario " + scenario("policies: [none.yaml]\n") + " 2>&1");
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.said, AllOf(HasSubstr("world.yaml: policies: "), HasSubstr("none.yaml: can't be read: No such file")));
}

TEST_F(SimulatePolicies, OfASnapshotLeavesOutNodesThatCanHoldNothing) {
  const std::string node =
      R"("labels":{"kubevirt.io/schedulable":"true"}},"status":{"conditions":[{"type":"Ready","status":"True"}])";
  const std::string file =
      folder.write("snapshot.json", R"({"kind":"DroverSnapshot","version":1,"taken":"2026-11-22T10:00:00Z","objects":{
      "virtualmachineinstances.kubevirt.io":[{"metadata":{"name":"a","namespace":"vms","uid":"u"},"spec":{"domain":{"memory":{"guest":"1Gi"}}},
        "status":{"phase":"Running","nodeName":"good"}}],
      "pods":[{"metadata":{"name":"l","namespace":"vms","uid":"p","labels":{"kubevirt.io":"virt-launcher","kubevirt.io/created-by":"u"}},
        "spec":{"nodeName":"good"},"status":{"phase":"Running"}}],
      "nodes":[{"metadata":{"name":"good",)" +
                                        node + R"(,"allocatable":{"cpu":"8","memory":"16Gi","pods":"110"}}},
        {"metadata":{"name":"none",)" + node +
                                        R"(}},{"metadata":{"name":"zero",)" + node +
                                        R"(,"allocatable":{"cpu":"0","memory":"16Gi","pods":"110"}}}]}})");
  const Outcome run = simulate("--snapshot " + file + " --days 0.01 2>&1");
  EXPECT_EQ(run.code, 0) << run.said;
  EXPECT_THAT(run.said,
              AllOf(HasSubstr("node none is left out"), HasSubstr("node zero is left out"), HasSubstr("1, 1.0 on at a time")));
}

TEST_F(SimulatePolicies, OfASnapshotThatIsNoFileSaysSo) {
  const Outcome folder_given = simulate("--snapshot " + folder.path() + " 2>&1");
  EXPECT_EQ(folder_given.code, 2);
  EXPECT_THAT(folder_given.said, HasSubstr("is a folder, not a file"));
  const Outcome missing = simulate("--snapshot " + folder.path("none") + " 2>&1");
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.said, HasSubstr("none: can't be read: No such file"));
}

// What nobody could write down is not done.
TEST_F(SimulatePolicies, FailsWhenItsOutputCannotBeWritten) {
  const std::string binary = DROVER_BINARY;
  for (const std::string& command : std::vector<std::string>{binary + " version", binary + " --help", binary + " simulate --help",
                                                             binary + " simulate --scenario " + scenario(),
                                                             binary + " simulate -o json --scenario " + scenario()}) {
    for (const char* full : {">/dev/full", ">&-"}) {
      const Outcome outcome = shell("{ " + command + " " + full + "; } 2>&1");
      EXPECT_EQ(outcome.code, 1) << command << full;
      EXPECT_THAT(outcome.said, HasSubstr("drover: can't write to standard output: ")) << command << full;
    }
  }
}

}  // namespace
}  // namespace drover
