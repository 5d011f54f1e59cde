#include "model/policy.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(PolicyType, IsNamedAsInTheApi) {
  EXPECT_EQ(type_of(ThresholdSettings{}), "Threshold");
  EXPECT_EQ(type_of(GeoSettings{}), "Geo");
  EXPECT_EQ(type_of(EncryptedSettings{}), "Encrypted");
  EXPECT_EQ(type_of(RandomIntervalSettings{}), "RandomInterval");
  EXPECT_EQ(type_of(ConsolidationSettings{}), "Consolidation");
}

TEST(PolicyRef, IsClusterWideWithoutANamespace) {
  EXPECT_TRUE((PolicyRef{{"", "p"}, "u"}).cluster_wide());
  EXPECT_FALSE((PolicyRef{{"vms", "p"}, "u"}).cluster_wide());
}

// What the API promises when a field is left out.
TEST(PolicySpec, HasTheDefaultsOfTheApi) {
  const PolicySpec spec;
  EXPECT_EQ(spec.mode, PolicyMode::Recommend);
  EXPECT_FALSE(spec.suspend);
  EXPECT_EQ(spec.per_vm.cooldown, minutes{15});
  EXPECT_EQ(spec.per_vm.moves_per_day, 4);
  EXPECT_EQ(Window{}.time_zone, "UTC");
  const ThresholdSettings threshold;
  EXPECT_EQ(threshold.direction, Direction::Above);
  EXPECT_EQ(threshold.interval, seconds{30});
  EXPECT_DOUBLE_EQ(threshold.minimum_gain, 0.1);
}

}  // namespace
}  // namespace drover
