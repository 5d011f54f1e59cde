#include "demo/samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace drover {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string kSource = DROVER_SOURCE_DIR;

TEST(DemoSamples, ComeFromTheRepositoryAroundTheProgram) {
  const auto samples = load_demo_samples("", {kSource + "/build/release/operator"});
  ASSERT_TRUE(samples.has_value()) << samples.error().message;
  EXPECT_EQ(samples->folder, kSource + "/manifests/samples");
  EXPECT_EQ(samples->scenario.name, "a day of twenty nodes");
  ASSERT_EQ(samples->policies.size(), 1U);
}

TEST(DemoSamples, AreBuiltInWhereThereIsNoRepository) {
  const test::TemporaryFolder nowhere;
  const auto built_in = load_demo_samples("", {nowhere.path()});
  const auto files = load_demo_samples(kSource + "/manifests/samples", {});
  ASSERT_TRUE(built_in.has_value()) << built_in.error().message;
  EXPECT_EQ(built_in->folder, "");
  EXPECT_EQ(built_in->scenario.name, files->scenario.name);
  EXPECT_EQ(built_in->scenario.vms.size(), files->scenario.vms.size());
  EXPECT_EQ(built_in->policies.at(0).spec, files->policies.at(0).spec);
}

TEST(DemoSamples, ActEvenWhereThePolicyOnlyRecommends) {
  const auto samples = load_demo_samples(kSource + "/manifests/samples", {});
  EXPECT_EQ(samples->policies.at(0).spec.mode, PolicyMode::Enforce);
}

TEST(DemoSamples, NameTheFileThatIsMissingOrBroken) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(load_demo_samples(folder.path(), {}).error().message, HasSubstr("scenarios/day.yaml"));
  folder.write("scenarios/day.yaml", "nodes: [{cpu: -1}]\n");
  EXPECT_THAT(load_demo_samples(folder.path(), {}).error().message, AllOf(HasSubstr("day.yaml"), HasSubstr("cpu")));
  folder.write("scenarios/day.yaml", "nodes: [{}]\nvms: [{}]\n");
  EXPECT_THAT(load_demo_samples(folder.path(), {}).error().message, HasSubstr("consolidation.yaml"));
}

}  // namespace
}  // namespace drover
