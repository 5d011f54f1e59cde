#include "core/bounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/selection.h"
#include "world.h"

namespace drover::test {
namespace {

using testing::ElementsAre;

// VMs "a" in namespaces vms and dev. Policy "night" of vms lets VMs move from 3 to 4 in the morning, "all" into zone b only; it is
// noon.
class BoundsTest : public ::testing::Test {
 protected:
  BoundsTest() {
    w.add_node("n1");
    for (const char* vm : {"a", "dev/a"}) w.add_vm(vm, "n1");
    w.add_policy("night", [](Policy& p) { p.spec.schedule = {{.cron = "0 3 * * *", .duration = hours{1}}}; });
    w.add_policy("/all", [](Policy& p) {
      p.ref.key = {"", "all"};
      p.spec.targets.zones = {"b"};
    });
    w.add_policy("off", [](Policy& p) { p.spec.suspend = true; });
    w.add_policy("geo", [](Policy& p) { p.spec.settings = GeoSettings{}; });
  }
  [[nodiscard]] std::vector<const Policy*> policies_of(const std::string& vm, Instant now, const PolicyRef* by = nullptr) const {
    std::vector<const Policy*> found;
    const Bounds bounds(w.view, now);
    for (const Bound* bound : bounds.of(w.vm_ref(vm), by)) found.push_back(bound->policy);
    return found;
  }

  World w;
};

TEST_F(BoundsTest, AreThoseOfTheBoundingPoliciesInTheirOrder) {
  for (const char* vm : {"a", "dev/a"}) EXPECT_EQ(policies_of(vm, w.now), bounding_policies(w.view, w.vm_ref(vm))) << vm;
  EXPECT_EQ(policies_of("a", w.now).size(), 2U);
  const PolicyRef geo{.key = key_of("geo"), .uid = "uid-geo"};
  EXPECT_EQ(policies_of("a", w.now, &geo), bounding_policies(w.view, w.vm_ref("a"), &geo));
  EXPECT_EQ(policies_of("a", w.now, &geo).size(), 3U) << "its own moves keep it";
  EXPECT_EQ(policies_of("dev/a", w.now).size(), 1U);
}

TEST_F(BoundsTest, SayWhatTheScheduleSaysAtThatMoment) {
  const auto schedule = [&](Instant now) {
    const Bounds bounds(w.view, now);
    return bounds.of(w.vm_ref("a")).back()->schedule;
  };
  EXPECT_FALSE(schedule(w.now).open);
  EXPECT_EQ(schedule(w.now).opens_at, at("2026-01-06T03:00:00Z"));
  EXPECT_TRUE(schedule(at("2026-01-06T03:30:00Z")).open);
}

TEST_F(BoundsTest, NameTheTargetsThatEachAllows) {
  const Bounds bounds(w.view, w.now);
  const auto targets = bounds.targets_of(w.vm_ref("a"));
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_THAT(targets[0]->zones, ElementsAre("b"));
  EXPECT_EQ(targets[1]->zones.size(), 0U);
}

}  // namespace
}  // namespace drover::test
