// How long each has waited is measured from step to step, and counts in the order in which moves are judged.
#include <gtest/gtest.h>

#include "harness.h"

namespace drover::test {
namespace {

TEST(Deciding, WhoHasWaitedLongestIsMovedBeforeWhoIsWorse) {
  Harness h;
  for (const char* node : {"n1", "n2"}) h.world.add_node(node, [](Node& n) { n.allocatable["cpu"] = 4000; });
  for (const char* vm : {"patient", "wild"}) h.world.add_vm(vm, "n1");
  h.uses("patient", 2, 1);
  h.uses("wild", 2, 0);
  h.signal[key_of("patient")] = 0.95;
  h.signal[key_of("wild")] = 0.1;
  h.world.add_policy("policy", [](Policy& p) { std::get<ThresholdSettings>(p.spec.settings).for_duration = minutes{1}; });
  h.world.view.limits.in_cluster = 0;
  h.lead();
  h.pass(minutes{26});
  h.signal[key_of("wild")] = 1e12;
  h.pass(minutes{3});
  ASSERT_TRUE(h.creates.empty());
  h.world.view.limits.in_cluster = 1;
  h.step(ViewChanged{});
  h.pass(seconds{31});
  ASSERT_FALSE(h.creates.empty());
  EXPECT_EQ(h.creates.front().vm, key_of("patient"));
}

}  // namespace
}  // namespace drover::test
