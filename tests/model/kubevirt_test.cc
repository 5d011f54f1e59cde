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
  EXPECT_FALSE(of("v1.6.3").evacuate_cancel);
  EXPECT_TRUE(of("v1.7.0").evacuate_cancel);
  EXPECT_FALSE(of("v1.7.9").cpu_vendor_lock);
  EXPECT_TRUE(of("v1.8.0").cpu_vendor_lock);
}

TEST(Capabilities, UnderstandWhateverVersionsLookLike) {
  EXPECT_TRUE(of("1.8.0").cpu_vendor_lock);
  EXPECT_TRUE(of("v1.8.0-rc.1").cpu_vendor_lock);
  EXPECT_TRUE(of("v1.8").cpu_vendor_lock);
  EXPECT_TRUE(of("v1.10.0").cpu_vendor_lock) << "ten is more than eight";
  EXPECT_TRUE(of("v2.0.0").evacuate_cancel);
  EXPECT_FALSE(of("v0.59.0").added_node_selector);
}

TEST(Capabilities, TakeAnUnknownVersionAsBoundByEverythingAndHelpedByNothingNew) {
  for (const char* version : {"", "devel", "v", "v1", "v1.", "1.x", "v-1.8", "v99999999999.8", "v1.99999999999"}) {
    const Capabilities unknown = of(version);
    EXPECT_TRUE(unknown.added_node_selector) << version;
    EXPECT_FALSE(unknown.evacuate_cancel) << version;
    EXPECT_TRUE(unknown.cpu_vendor_lock) << version;
  }
}

}  // namespace
}  // namespace drover
