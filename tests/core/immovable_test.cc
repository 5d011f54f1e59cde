#include <gmock/gmock.h>

#include "core/feasibility.h"
#include "core/world.h"

namespace drover::test {
namespace {

class Immobility : public ::testing::Test {
 protected:
  Immobility() {
    w.add_node("n1");
    w.add_node("n2");
    w.add_vm("db", "n1");
  }
  [[nodiscard]] std::optional<Immovable> why() const { return why_immovable(w.view, w.vm_ref("db"), Plan(w.view)); }
  void vm(const std::function<void(Vm&)>& edit) { w.change_vm("db", edit); }
  void expect(Reason reason, const std::string& message) const {
    const auto found = why();
    ASSERT_TRUE(found.has_value()) << "expected " << to_string(reason);
    EXPECT_EQ(to_string(found->reason), to_string(reason));
    EXPECT_EQ(found->message, message);
  }

  World w;
};

TEST_F(Immobility, IsNotThereForAHealthyVm) {
  EXPECT_FALSE(why().has_value());
}

TEST_F(Immobility, ByItsOwnersWish) {
  vm([](Vm& v) { v.excluded_reason = "licence is bound to the host"; });
  expect(Reason::Excluded, "immovable because its owner keeps Drover off it: licence is bound to the host");
}

TEST_F(Immobility, WhileItDoesNotRun) {
  vm([](Vm& v) { v.phase = VmPhase::Scheduling; });
  expect(Reason::NotRunning, "immovable because it is not running: its phase is Scheduling");
  vm([](Vm& v) {
    v.phase = VmPhase::Running;
    v.terminating = true;
  });
  expect(Reason::NotRunning, "immovable because it is being deleted");
  vm([](Vm& v) {
    v.terminating = false;
    v.node = "";
  });
  expect(Reason::NotRunning, "immovable because KubeVirt names no node that it runs on");
}

TEST_F(Immobility, WhenKubeVirtSaysSo) {
  vm([](Vm& v) {
    v.live_migratable = false;
    v.not_migratable_reason = "DisksNotLiveMigratable";
    v.not_migratable_message = "cannot migrate VMI: PVC data is not shared";
  });
  expect(Reason::NotLiveMigratable,
         "immovable because KubeVirt cannot migrate it: DisksNotLiveMigratable: cannot migrate VMI: PVC data is not shared");
  vm([](Vm& v) { v.not_migratable_reason = v.not_migratable_message = ""; });
  expect(Reason::NotLiveMigratable, "immovable because KubeVirt cannot migrate it: no reason given");
}

TEST_F(Immobility, UntilKubeVirtHasSaidAnything) {
  vm([](Vm& v) { v.live_migratable.reset(); });
  expect(Reason::NotLiveMigratable,
         "immovable because KubeVirt has not reported yet whether it can migrate (condition LiveMigratable)");
}

TEST_F(Immobility, WhileAChangeIsPending) {
  vm([](Vm& v) { v.pending_changes = {"HotVCPUChange", "VolumesChange"}; });
  expect(Reason::ChangePending, "immovable because a change must be finished first: HotVCPUChange, VolumesChange");
}

TEST_F(Immobility, UntilItsSelinuxContextIsSet) {
  vm([](Vm& v) { v.selinux_context = ""; });
  expect(Reason::NotPrepared, "immovable because KubeVirt creates no target pod before it has set status.selinuxContext");
}

TEST_F(Immobility, WithoutALauncherPod) {
  w.erase_pod({"vms", "virt-launcher-db-0"});
  expect(Reason::LauncherNotReady, "immovable because no launcher pod of it is known on node n1");
}

TEST_F(Immobility, WithALauncherPodThatIsGoing) {
  w.change_launcher("db", [](Pod& p) { p.terminating = true; });
  expect(Reason::LauncherNotReady, "immovable because its launcher pod virt-launcher-db-0 is being deleted");
}

// KubeVirt would leave the migration Pending for as long as the other pod is not over.
TEST_F(Immobility, WithALauncherPodTooMany) {
  w.put(World::launcher(w.vm_ref("db"), "left-over", "n2"));
  expect(Reason::LauncherNotReady,
         "immovable because it has 2 launcher pods that are not over, and KubeVirt waits for one to end: left-over, "
         "virt-launcher-db-0");
  EXPECT_EQ(active_launcher(w.view, w.vm_ref("db")), nullptr);
  w.change_pod("left-over", [](Pod& p) { p.phase = PodPhase::Failed; });
  EXPECT_FALSE(why().has_value());
  EXPECT_EQ(active_launcher(w.view, w.vm_ref("db"))->key.name, "virt-launcher-db-0");
}

TEST_F(Immobility, WithTheSourcePodStillThereAfterTheMigration) {
  w.add_migration("m1", "db", "n2");
  w.bind_target("m1");
  w.finish("m1");
  w.put(World::launcher(w.vm_ref("db"), "source", "n1"));
  ASSERT_TRUE(why().has_value());
  EXPECT_EQ(why()->reason, Reason::LauncherNotReady);
}

TEST_F(Immobility, KnowsNoPodToGoByWhenTwoAreOnItsNode) {
  w.add_migration("m1", "db", "n2");
  w.put(World::launcher(w.vm_ref("db"), "second", "n1"));
  EXPECT_EQ(active_launcher(w.view, w.vm_ref("db")), nullptr);
}

TEST_F(Immobility, WhileAnEvacuationHoldsIt) {
  vm([](Vm& v) { v.evacuation_node = "n1"; });
  expect(Reason::HeldByEvacuation, "immovable because an evacuation of node n1 holds it");
}

TEST_F(Immobility, IsNotThereOnceTheEvacuationIsDone) {
  vm([](Vm& v) { v.evacuation_node = "n2"; });
  EXPECT_FALSE(why().has_value());
}

TEST_F(Immobility, WhileAnotherMoverHoldsIt) {
  w.add_migration("kubevirt-workload-update", "db", "n2", [](Migration& m) {
    m.labels = {};
    m.annotations = {};
    m.phase = MigrationPhase::Running;
  });
  w.bind_target("kubevirt-workload-update");
  expect(Reason::HeldByOther,
         "immovable because another mover holds it: migration vms/kubevirt-workload-update (Scheduled) to node n2");
  EXPECT_EQ(active_launcher(w.view, w.vm_ref("db"))->key.name, "virt-launcher-db-0") << "two pods are right while it moves";
}

TEST_F(Immobility, WhileWeMoveIt) {
  w.add_migration("m1", "db", "n2");
  expect(Reason::Moving, "on its way: migration vms/m1 (Pending) to node n2");
}

TEST_F(Immobility, WhileADecidedMoveIsNotSeenYet) {
  Plan plan(w.view);
  plan.add({.vm = {"vms", "db"}, .source = "n1", .target = "n2", .ours = true});
  const auto found = why_immovable(w.view, w.vm_ref("db"), plan);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->reason, Reason::Moving);
  EXPECT_EQ(found->message, "on its way: migration to node n2");
}

TEST_F(Immobility, EndsWithTheMigration) {
  w.add_migration("m1", "db", "n2");
  w.bind_target("m1");
  w.finish("m1");
  EXPECT_FALSE(why().has_value());
}

// Each cause added is an earlier one in the list, and takes over.
TEST_F(Immobility, GivesTheFirstReasonOfSeveral) {
  const auto reason = [&] { return to_string(why()->reason); };
  w.add_migration("other", "db", "n2", [](Migration& m) { m.labels = {}; });
  EXPECT_EQ(reason(), "HeldByOther");
  vm([](Vm& v) { v.evacuation_node = "n1"; });
  EXPECT_EQ(reason(), "HeldByEvacuation");
  w.erase_migration("other");
  w.change_launcher("db", [](Pod& p) { p.terminating = true; });
  EXPECT_EQ(reason(), "LauncherNotReady");
  vm([](Vm& v) { v.selinux_context = ""; });
  EXPECT_EQ(reason(), "NotPrepared");
  vm([](Vm& v) { v.pending_changes = {"HotVCPUChange"}; });
  EXPECT_EQ(reason(), "ChangePending");
  vm([](Vm& v) { v.live_migratable = false; });
  EXPECT_EQ(reason(), "NotLiveMigratable");
  vm([](Vm& v) { v.phase = VmPhase::Failed; });
  EXPECT_EQ(reason(), "NotRunning");
  vm([](Vm& v) { v.excluded_reason = "no"; });
  EXPECT_EQ(reason(), "Excluded");
  w.add_migration("m1", "db", "n2");
  EXPECT_EQ(reason(), "Moving");
}

}  // namespace
}  // namespace drover::test
