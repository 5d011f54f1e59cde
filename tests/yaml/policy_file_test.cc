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
