#include "yaml/policy_file.h"

#include <gmock/gmock.h>

namespace drover {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& text) {
  const auto read = parse_policies(text, "p.yaml", Instant{});
  return read ? "" : read.error().message;
}

TEST(PolicyFile, ReadsTheSamples) {
  const auto threshold = read_policies(DROVER_SOURCE_DIR "/manifests/samples/threshold.yaml", Instant{});
  ASSERT_TRUE(threshold) << threshold.error().message;
  ASSERT_EQ(threshold->policies.size(), 1U);
  EXPECT_EQ(threshold->policies[0].ref.key, (ObjectKey{"vms", "cpu-pressure"}));
  EXPECT_EQ(threshold->namespaces.size(), 1U);
  const auto consolidation = read_policies(DROVER_SOURCE_DIR "/manifests/samples/consolidation.yaml", Instant{});
  ASSERT_TRUE(consolidation) << consolidation.error().message;
  EXPECT_TRUE(consolidation->policies[0].ref.cluster_wide());
  const auto profile = read_policies(DROVER_SOURCE_DIR "/manifests/samples/power-profile.yaml", Instant{});
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(profile->profiles.size(), 1U);
}

TEST(PolicyFile, SaysWhatIsWrong) {
  EXPECT_THAT(error_of(""), HasSubstr("p.yaml: is empty"));
  EXPECT_THAT(error_of("kind: Pod\nmetadata: {name: a}\n"), HasSubstr("\"Pod\" is nothing to simulate"));
  EXPECT_THAT(error_of("kind: MigrationPolicy\n"), HasSubstr("metadata.name: is missing"));
  EXPECT_THAT(error_of("apiVersion: v1\nkind: MigrationPolicy\nmetadata: {name: a}\n"), HasSubstr("policy.drover.dev"));
  EXPECT_THAT(error_of("apiVersion: policy.drover.dev/v1alpha1\nkind: MigrationPolicy\nmetadata: {name: a}\n"
                       "spec: {type: Threshold}\n"),
              HasSubstr("p.yaml:1: default/a: "));
}

std::string policy(const std::string& spec) {
  return "apiVersion: policy.drover.dev/v1alpha1\nkind: MigrationPolicy\nmetadata: {name: p, namespace: vms}\nspec:\n"
         "  type: Threshold\n  threshold: {signal: {kubevirtMetric: {name: CPUDelay}}, level: .2}\n" +
         spec;
}

TEST(PolicyFile, RefusesAFieldThatThereIsNoneOfByItsPath) {
  for (const auto& [spec, field] :
       std::map<std::string, std::string>{{"  schedules: []\n", "spec.schedules"},
                                          {"  schedule: [{cron: '@daily', duration: 1h, zone: UTC}]\n", "spec.schedule[0].zone"},
                                          {"  perVM: {movesPerHour: 1}\n", "spec.perVM.movesPerHour"},
                                          {"  selector: {matchLabel: {a: b}}\n", "spec.selector.matchLabel"},
                                          {"statue: {}\n", "statue"}}) {
    EXPECT_THAT(error_of(policy(spec)), HasSubstr("p.yaml:1: policy vms/p: unknown field \"" + field + "\"")) << spec;
  }
  EXPECT_EQ(error_of(policy("  perVM: {movesPerDay: 3}\n  schedule: [{cron: '@daily', duration: 1h, timeZone: UTC}]\n"
                            "  selector: {matchLabels: {a: b}, matchExpressions: [{key: k, operator: Exists}]}\n"
                            "  targets: {zones: [a], nodeSelector: {x: z}}\n")),
            "");
}

TEST(PolicyFile, TakesAListAsKubectlGetWritesIt) {
  const auto list = parse_policies(
      "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: vms}\n"
      "- apiVersion: policy.drover.dev/v1alpha1\n  kind: MigrationPolicy\n  metadata: {name: p, namespace: vms}\n"
      "  spec: {type: Threshold, suspend: True, threshold: {signal: {kubevirtMetric: {name: CPUDelay}}, level: .2}}\n",
      "p.yaml", Instant{});
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->policies.size(), 1U);
  EXPECT_TRUE(list->policies[0].spec.suspend);
  EXPECT_EQ(list->namespaces.size(), 1U);
  EXPECT_THAT(error_of("apiVersion: v1\nkind: List\nitems:\n- 3\n"), HasSubstr("p.yaml:4: items[0]: must be an object"));
  EXPECT_THAT(error_of("kind: List\nitems:\n- kind: Pod\n  metadata: {name: a}\n"),
              HasSubstr("p.yaml:3: kind: \"Pod\" is nothing"));
}

TEST(PolicyFile, NamesKubeVirtsOwnMigrationPolicyAsSuch) {
  EXPECT_THAT(error_of("apiVersion: migrations.kubevirt.io/v1alpha1\nkind: MigrationPolicy\nmetadata: {name: a}\nspec: {}\n"),
              HasSubstr("KubeVirt's own MigrationPolicy"));
}

// Each alias doubles what it stands for.
TEST(PolicyFile, IsNotBlownUpByAliases) {
  std::string text = "a: &a0 [x, x]\n";
  for (int i = 1; i < 60; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "b" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + ", " + last + "]\n";
  }
  EXPECT_THAT(error_of(text), HasSubstr("holds more than any policy needs"));
}

}  // namespace
}  // namespace drover
