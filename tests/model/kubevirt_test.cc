#include "model/kubevirt.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

Capabilities of(const std::string& version) {
  return capabilities(KubeVirt{.present = true, .version = version});
}

TEST(Capabilities, GrowWithTheVersion) {
  EXPECT_FALSE(of("v1.5.2").added_node_selector);
  EXPECT_TRUE(of("v1.6.0").added_node_selector);
  EXPECT_FALSE(of("v1.7.9").cpu_vendor_lock);
  EXPECT_TRUE(of("v1.8.0").cpu_vendor_lock);
}

TEST(Capabilities, UnderstandWhateverVersionsLookLike) {
  EXPECT_TRUE(of("1.8.0").cpu_vendor_lock);
  EXPECT_TRUE(of("v1.8.0-rc.1").cpu_vendor_lock);
  EXPECT_TRUE(of("v1.8").cpu_vendor_lock);
  EXPECT_TRUE(of("v1.10.0").cpu_vendor_lock) << "ten is more than eight";
  EXPECT_TRUE(of("v2.0.0").cpu_vendor_lock);
  EXPECT_FALSE(of("v0.59.0").added_node_selector);
}

TEST(Capabilities, TakeAnUnknownVersionAsBoundByEverythingAndHelpedByNothingNew) {
  for (const char* version : {"", "devel", "v", "v1", "v1.", "1.x", "v-1.8", "v99999999999.8", "v1.99999999999"}) {
    const Capabilities unknown = of(version);
    EXPECT_TRUE(unknown.added_node_selector) << version;
    EXPECT_TRUE(unknown.cpu_vendor_lock) << version;
  }
}

TEST(Platform, IsReadyWhenAKubeVirtIsThereThatCanBeToldWhereTo) {
  EXPECT_EQ(platform_of(KubeVirt{}).reason, ConditionReason::KubeVirtAbsent);
  EXPECT_EQ(platform_of(KubeVirt{.present = true, .version = "v1.5.2"}).reason, ConditionReason::KubeVirtTooOld);
  EXPECT_EQ(platform_of(KubeVirt{.present = true, .version = "v1.6.0"}), Platform{.ready = true});
}

TEST(MigrationLimits, AreThoseOfKubeVirt) {
  const KubeVirt kubevirt{.parallel_migrations_per_cluster = 7, .parallel_outbound_migrations_per_node = 3};
  EXPECT_EQ(limits_of(kubevirt), (MigrationLimits{.in_cluster = 7, .out_of_node = 3}));
}

}  // namespace
}  // namespace drover
