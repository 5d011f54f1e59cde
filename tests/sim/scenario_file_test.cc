#include "sim/scenario_file.h"

#include <gmock/gmock.h>

#include "sim/simulation.h"

namespace drover::sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kSmall = R"(nodes:
- {name: node, count: 2, cpu: 8, memory: 32 GiB}
vms:
- {name: vm, count: 3, cpu: 2, memory: 4 GiB}
)";

std::string error_of(const std::string& text) {
  const auto scenario = parse_scenario(text, "a.yaml");
  return scenario ? "" : scenario.error().message;
}

TEST(ScenarioFile, ReadsWhatItsHelpTeaches) {
  std::string help = scenario_help();
  help.erase(0, help.find("name: a day"));
  const auto scenario = parse_scenario(help, "help.yaml");
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->nodes.at(0).count, 20U);
  EXPECT_EQ(scenario->nodes.at(0).memory_bytes, std::int64_t{64} << 30);
  EXPECT_DOUBLE_EQ(scenario->nodes.at(0).link_bytes_per_second, 1.25e9);
  EXPECT_DOUBLE_EQ(scenario->nodes.at(0).power.boot_joules, 24000);
  EXPECT_EQ(scenario->vms.at(0).arrives_at.size(), 2U);
  EXPECT_EQ(*scenario->vms.at(0).lifetime, Duration(hours{6}));
}

TEST(ScenarioFile, ShippedScenariosAndTheirPoliciesAreRead) {
  for (const char* name : {"day", "office", "burst"}) {
    const auto scenario = read_scenario(std::string(DROVER_SOURCE_DIR "/manifests/samples/scenarios/") + name + ".yaml");
    ASSERT_TRUE(scenario) << scenario.error().message;
    ASSERT_FALSE(scenario->policy_files.empty());
  }
}

TEST(ScenarioFile, TheDefaultsOfTheHelpAreThoseOfTheCode) {
  const auto scenario = parse_scenario(kSmall, "a.yaml");
  ASSERT_TRUE(scenario) << scenario.error().message;
  const Scenario fresh;
  EXPECT_EQ(scenario->duration, fresh.duration);
  EXPECT_EQ(scenario->kubevirt, fresh.kubevirt);
  EXPECT_EQ(scenario->nodes.at(0).power, PowerModel{});
}

TEST(ScenarioFile, NamesFileLineFieldAndFix) {
  EXPECT_EQ(error_of("nodes:\n- {name: node, memory: 32}\n"),
            "a.yaml:2: nodes[0].memory: \"32\" is not an amount of memory with its unit; write for example 8 GiB");
  EXPECT_THAT(error_of(std::string(kSmall) + "durations: 5m\n"),
              AllOf(HasSubstr("a.yaml:5: durations: is no field here; there are: "), HasSubstr("duration")));
}

struct Wrong {
  const char* text;
  const char* says;
};

// The YAML library would look for the document's beginning for ever.
TEST(ScenarioFile, RefusesWhatNoDocumentCanBeginWith) {
  EXPECT_EQ(error_of(",time,cpu\n0,0.5\n"), "a.yaml:1: is not YAML: a document cannot begin like this");
  EXPECT_EQ(error_of(std::string(kSmall) + "...\n, b\n"), "a.yaml:6: is not YAML: a document cannot begin like this");
}

TEST(ScenarioFile, RefusesWhatMakesNoSense) {
  const std::string vm = "vms:\n- {name: vm}\n";
  const std::string node = "nodes:\n- {name: node}\n";
  EXPECT_THAT(error_of(""), HasSubstr("a.yaml: is empty"));
  EXPECT_THAT(error_of("\xff\xfe"), HasSubstr("UTF-8"));
  EXPECT_THAT(error_of("nodes: [{"), HasSubstr("is not YAML"));
  EXPECT_THAT(error_of("- a\n"), HasSubstr("must be a map"));
  EXPECT_THAT(error_of(vm), HasSubstr("nodes: there is none"));
  EXPECT_THAT(error_of(node), HasSubstr("vms: there is none"));
  EXPECT_THAT(error_of("nodes:\n- {count: 0}\n" + vm), HasSubstr("every count is 0"));
  EXPECT_THAT(error_of(node + "vms:\n- {memory: 1 TiB}\n"), HasSubstr("fits on no node"));
  EXPECT_THAT(error_of(node + "vms:\n- {count: -3}\n"), HasSubstr("\"-3\" is not a whole number"));
  EXPECT_THAT(error_of(node + "vms:\n- {count: 1000000000000000000}\n"), HasSubstr("is not a whole number"));
  EXPECT_THAT(error_of(node + "vms:\n- {count: 999999999}\n"), HasSubstr("more than 1000000"));
  EXPECT_THAT(error_of(node + "vms:\n- {memory: 4 GHz}\n"), HasSubstr("4 GHz"));
  EXPECT_THAT(error_of(node + "vms:\n- {memory: 1000000000000000000 TiB}\n"), HasSubstr("is not an amount"));
  EXPECT_THAT(error_of(node + "vms:\n- {cpu: nan}\n"), HasSubstr("\"nan\""));
  EXPECT_THAT(error_of(node + "vms:\n- {name: a, name: b}\n"), HasSubstr("given twice"));
  EXPECT_THAT(error_of(node + "vms:\n- {name: a}\n- {name: a}\n"), HasSubstr("two groups"));
  EXPECT_THAT(error_of(node + "vms:\n- {name: A_b}\n"), HasSubstr("a-z"));
  EXPECT_THAT(error_of(node + "vms:\n- {demand: {pattern: day, low: 90%, high: 10%}}\n"), HasSubstr("must not be above high"));
  EXPECT_THAT(error_of(node + "vms:\n- {demand: {pattern: sine}}\n"), HasSubstr("must be constant, day"));
  EXPECT_THAT(error_of(node + "vms:\n- {demand: {pattern: trace, path: no-such}}\n"), HasSubstr("can't be read"));
  EXPECT_THAT(error_of("nodes:\n- {power: {watts: [1W]}}\n" + vm), HasSubstr("11 figures"));
  EXPECT_THAT(error_of("nodes:\n- {power: {idle: 200W, max: 100W}}\n" + vm), HasSubstr("must not be below idle"));
  EXPECT_THAT(error_of("duration: 0\n" + node + vm), HasSubstr("must be above 0"));
  EXPECT_THAT(error_of("step: 1ms\n" + node + vm), HasSubstr("1s or more"));
  EXPECT_THAT(error_of("metrics: {resolution: 1us}\n" + node + vm), HasSubstr("must be 0, or 1s or more"));
}

}  // namespace
}  // namespace drover::sim
