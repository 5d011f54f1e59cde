#include "model/pod.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(Pod, IsOverWhenNothingOfItRuns) {
  for (const PodPhase phase : {PodPhase::Pending, PodPhase::Running, PodPhase::Unknown})
    EXPECT_FALSE(Pod{.phase = phase}.is_over());
  for (const PodPhase phase : {PodPhase::Succeeded, PodPhase::Failed}) EXPECT_TRUE(Pod{.phase = phase}.is_over());
}

TEST(Pod, IsALauncherWhenItBelongsToAVm) {
  EXPECT_FALSE(Pod{}.is_launcher());
  EXPECT_TRUE(Pod{.vmi_uid = "uid"}.is_launcher());
}

TEST(Pod, ComparesWhatItAsksForByValue) {
  const auto asking = [](const std::string& key) {
    Scheduling scheduling;
    scheduling.node_selector.set(key, "true");
    return Pod{.uid = "a", .scheduling = std::make_shared<const Scheduling>(scheduling)};
  };
  EXPECT_EQ(asking("x"), asking("x")) << "two copies of the same";
  EXPECT_FALSE(asking("x") == asking("y"));
  EXPECT_FALSE(asking("x") == Pod{.uid = "a"});
  EXPECT_EQ(Pod{.uid = "a"}, Pod{.uid = "a"});
}

TEST(Pod, DiffersInEachOfItsFields) {
  const Pod plain;
  const Pod changed[] = {{.key = {"a", "b"}},
                         {.uid = "a"},
                         {.node = "n"},
                         {.phase = PodPhase::Running},
                         {.terminating = true},
                         {.unschedulable = true},
                         {.requests = {{"cpu", 1}}},
                         {.vmi_uid = "v"},
                         {.migration_uid = "m"},
                         {.labels = Labels(std::vector<std::pair<std::string, std::string>>{{"a", "b"}})}};
  for (const Pod& pod : changed) EXPECT_FALSE(pod == plain);
}

}  // namespace
}  // namespace drover
