#include "core/frozen_view.h"

#include <gtest/gtest.h>

#include "world.h"

namespace drover::test {
namespace {

// All that can be asked of a view, but for its policies and the like, which are copied as they are.
void expect_same(const ClusterView& a, const ClusterView& b) {
  EXPECT_EQ(a.nodes, b.nodes);
  EXPECT_EQ(a.vms, b.vms);
  EXPECT_EQ(a.pods, b.pods);
  EXPECT_EQ(a.migrations, b.migrations);
  EXPECT_EQ(a.policies, b.policies);
  EXPECT_EQ(a.disruption_budgets, b.disruption_budgets);
  EXPECT_EQ(a.namespaces, b.namespaces);
  EXPECT_EQ(a.kubevirt_policies, b.kubevirt_policies);
  EXPECT_EQ(a.power_profiles, b.power_profiles);
  EXPECT_EQ(a.kubevirt, b.kubevirt);
  EXPECT_EQ(a.limits.in_cluster, b.limits.in_cluster);
  EXPECT_EQ(a.limits.out_of_node, b.limits.out_of_node);
  EXPECT_EQ(a.time_zones, b.time_zones);
  EXPECT_EQ(a.vms_by_node, b.vms_by_node);
  EXPECT_EQ(a.pods_by_node, b.pods_by_node);
  EXPECT_EQ(a.pods_by_vmi_uid, b.pods_by_vmi_uid);
  EXPECT_EQ(a.pods_with_anti_affinity, b.pods_with_anti_affinity);
  EXPECT_EQ(a.migrations_by_vm, b.migrations_by_vm);
  EXPECT_EQ(a.requests_by_node, b.requests_by_node);
  EXPECT_EQ(a.volume_claims, b.volume_claims);
  EXPECT_EQ(a.volumes, b.volumes);
  EXPECT_EQ(a.csi_nodes, b.csi_nodes);
  EXPECT_EQ(a.known_volumes, b.known_volumes);
  EXPECT_EQ(a.claims_by_node, b.claims_by_node);
  EXPECT_EQ(a.totals_by_node, b.totals_by_node);
  EXPECT_EQ(a.handlers_by_node, b.handlers_by_node);
}

World busy_world() {
  World world;
  for (const char* node : {"n1", "n2", "n3"}) world.add_node(node);
  world.add_vm("a", "n1");
  world.add_vm("b", "n2", {}, [](Pod& pod) {
    Scheduling apart;
    apart.pod_anti_affinity = {{.selector = {}, .topology_key = std::string(label::kHostname)}};
    pod.scheduling = std::make_shared<const Scheduling>(apart);
  });
  world.add_policy("policy");
  world.add_migration("m", "a", "n3");
  world.bind_target("m");
  world.view.limits.in_cluster = 3;
  world.view.kubevirt.version = "v1.8.0";
  world.view.namespaces[{"", "vms"}] = std::make_shared<const Namespace>(Namespace{"vms", {}});
  world.view.power_profiles[{"", "rack"}] = std::make_shared<const PowerProfile>(PowerProfile{.name = "rack"});
  world.view.time_zones["UTC"] = TimeZone{};
  world.change_launcher("a", [](Pod& pod) { pod.claims = {"data"}; });
  world.put_claim("data", {"pv", VolumeClaim::State::Bound});
  world.put_volume("pv", {});
  world.view.csi_nodes[{"", "n1"}] = std::make_shared<const CsiNode>(CsiNode{{{"csi", 3}}});
  world.view.known_volumes = {.claims = true, .volumes = true, .csi_nodes = true};
  return world;
}

TEST(FrozenView, ThawsToAnEqualView) {
  const World world = busy_world();
  expect_same(FrozenView(world.view).thaw(), world.view);
}

TEST(FrozenView, ThawsIntoAnyEarlierViewToAnEqualOne) {
  const World busy = busy_world();
  World other = busy_world();
  other.change_vm("a", [](Vm& vm) { vm.node = "n2"; });
  other.erase_vm("b");
  other.add_node("n4");
  for (const char* vm : {"0", "aa", "z"}) other.add_vm(vm, "n4");
  other.change_migration("m", [](Migration& m) { m.phase = MigrationPhase::Failed; });
  other.view.time_zones.clear();
  const World empty;
  for (const World* before : std::initializer_list<const World*>{&busy, &other, &empty}) {
    for (const World* after : std::initializer_list<const World*>{&busy, &other, &empty}) {
      ThawedView thawed;
      FrozenView(before->view).thaw_into(thawed);
      FrozenView(after->view).thaw_into(thawed);
      expect_same(thawed.view, after->view);
    }
  }
}

TEST(FrozenView, DoesNotChangeWithTheViewThatItWasTakenOf) {
  World world = busy_world();
  const ClusterView before = world.view;
  const FrozenView frozen(world.view);
  world.change_vm("a", [](Vm& vm) { vm.node = "n2"; });
  world.erase_vm("b");
  world.add_node("n4");
  world.view.limits.in_cluster = 0;
  expect_same(frozen.thaw(), before);
}

// What the loop does round after round: of what stays the same nothing is frozen but the marks.
TEST(FrozenView, WithMarksThawsToTheSameAsWithout) {
  World world = busy_world();
  ThawedView thawed;
  const auto follow = [&] {
    FrozenView(world.view, thawed.marks).thaw_into(thawed);
    expect_same(thawed.view, world.view);
  };
  follow();
  follow();
  world.change_vm("a", [](Vm& vm) { vm.node = "n2"; });
  world.add_vm("aa", "n1");
  follow();
  world.erase_vm("b");
  world.change_migration("m", [](Migration& m) { m.phase = MigrationPhase::Failed; });
  world.put_claim("more", {"pv2", VolumeClaim::State::Bound});
  world.put_volume("pv2", {.traits = nullptr, .handle = 7});
  follow();
  world.put_claim("more", {"pv2", VolumeClaim::State::Lost});
  world.add_vm("b", "n3");
  follow();
  world.erase_claim("more");
  world.erase_volume("pv2");
  follow();
  for (int i = 0; i < 3000; ++i) world.add_vm("vm" + std::to_string(i), "n1");
  follow();
}

}  // namespace
}  // namespace drover::test
