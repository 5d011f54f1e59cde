#include <gtest/gtest.h>

#include "sim/snapshot_scenario.h"

namespace drover::sim {
namespace {

// A VM with a claim, on a node.
SnapshotFile snapshot_with_a_claim() {
  SnapshotFile file;
  const auto put = [&](Kind kind, ObjectKey key, auto value) {
    file.objects[kind].push_back({std::move(key), std::make_shared<const decltype(value)>(std::move(value))});
  };
  put(Kind::Node, {"", "n1"}, Node{.name = "n1", .allocatable = {{"cpu", 4000}, {"memory", 1 << 30}}});
  Vm vm;
  vm.key = {"vms", "db"};
  vm.uid = "u";
  vm.phase = VmPhase::Running;
  vm.node = "n1";
  vm.vcpus = 1;
  vm.claims = {"data"};
  put(Kind::Vm, vm.key, vm);
  Pod pod;
  pod.key = {"vms", "launcher"};
  pod.node = "n1";
  pod.phase = PodPhase::Running;
  pod.vmi_uid = "u";
  pod.claims = {"data"};
  put(Kind::Pod, pod.key, pod);
  return file;
}

std::size_t claims_in(const SnapshotFile& file) {
  const auto captured = scenario_of(file).scenario.vms.at(0).captured;
  return captured->vm.claims.size() + captured->launcher.claims.size();
}

// In the simulation every list is there, so claims that the snapshot lacks would be taken for gone, and no VM would move.
TEST(CapturedVolumes, OfASnapshotWithoutThemAreLeftOut) {
  SnapshotFile file = snapshot_with_a_claim();
  EXPECT_EQ(claims_in(file), 0U);
  file.objects[Kind::VolumeClaim];
  EXPECT_EQ(claims_in(file), 0U);
  file.objects[Kind::Volume];
  EXPECT_EQ(claims_in(file), 2U) << "the lists were read, and are empty";
}

}  // namespace
}  // namespace drover::sim
