#include "core/plan.h"

#include "core/world.h"

namespace drover::test {
namespace {

World three_nodes() {
  World w;
  w.add_node("n1");
  w.add_node("n2");
  w.add_node("n3");
  w.add_vm("db", "n1");
  w.add_vm("web", "n1");
  return w;
}

TEST(Plan, IsEmptyWithoutMigrations) {
  const World w = three_nodes();
  const Plan plan(w.view);
  EXPECT_EQ(plan.total(), 0);
  EXPECT_FALSE(plan.moves({"vms", "db"}));
  EXPECT_EQ(plan.find({"vms", "db"}), nullptr);
  EXPECT_EQ(plan.outbound("n1"), 0);
  EXPECT_EQ(plan.inbound("n2"), 0);
}

TEST(Plan, HoldsOurMigrationsWithTheirPolicyAndNodes) {
  World w = three_nodes();
  w.add_migration("m1", "db", "n2");
  const Plan plan(w.view);
  const PlannedMove* move = plan.find({"vms", "db"});
  ASSERT_NE(move, nullptr);
  EXPECT_TRUE(move->ours);
  EXPECT_EQ(move->policy.key, (ObjectKey{"vms", "policy"}));
  EXPECT_EQ(move->policy.uid, "uid-policy");
  EXPECT_EQ(move->source, "n1");
  EXPECT_EQ(move->target, "n2");
  EXPECT_FALSE(move->room_taken);
  EXPECT_EQ(plan.outbound("n1"), 1);
  EXPECT_EQ(plan.inbound("n2"), 1);
  EXPECT_EQ(plan.inbound("n1"), 0);
}

TEST(Plan, ReadsAClusterPolicyFromItsMark) {
  World w = three_nodes();
  w.add_migration("m1", "db", "n2", [](Migration& m) { m.annotations.set(std::string(mark::kPolicy), "everywhere"); });
  EXPECT_EQ(Plan(w.view).find({"vms", "db"})->policy.key, (ObjectKey{"", "everywhere"}));
}

TEST(Plan, KnowsRoomIsTakenOnceTheTargetPodIsBound) {
  World w = three_nodes();
  w.add_migration("m1", "db", "n2");
  w.bind_target("m1", "n3");  // where it is beats where it was meant to be
  const Plan plan(w.view);
  EXPECT_TRUE(plan.find({"vms", "db"})->room_taken);
  EXPECT_EQ(plan.find({"vms", "db"})->target, "n3");
  EXPECT_EQ(plan.inbound("n3"), 1);
  EXPECT_EQ(plan.inbound("n2"), 0);
}

TEST(Plan, CountsNoRoomAsTakenByATargetPodThatIsOver) {
  World w = three_nodes();
  w.add_migration("m1", "db", "n2");
  w.bind_target("m1", "n3");
  w.change_pod("virt-launcher-db-m1", [](Pod& p) { p.phase = PodPhase::Failed; });
  const Plan plan(w.view);
  EXPECT_FALSE(plan.find({"vms", "db"})->room_taken);
  EXPECT_EQ(plan.find({"vms", "db"})->target, "n2");
}

TEST(Plan, ForgetsMigrationsThatAreOver) {
  World w = three_nodes();
  w.add_migration("m1", "db", "n2");
  w.bind_target("m1");
  w.finish("m1");
  w.add_migration("m2", "web", "n2");
  w.finish("m2", MigrationPhase::Failed);
  EXPECT_EQ(Plan(w.view).total(), 0);
}

TEST(Plan, CountsOtherMoversToo) {
  World w = three_nodes();
  w.add_migration("evacuation", "db", "n2", [](Migration& m) {
    m.labels = {};
    m.annotations = {};
    m.added_node_selector = {};
    m.phase = MigrationPhase::Scheduling;
  });
  const Plan plan(w.view);
  const PlannedMove* move = plan.find({"vms", "db"});
  ASSERT_NE(move, nullptr);
  EXPECT_FALSE(move->ours);
  EXPECT_EQ(move->source, "n1");
  EXPECT_EQ(move->target, "");  // nobody has said yet
  EXPECT_EQ(plan.outbound("n1"), 1);
  EXPECT_EQ(plan.inbound(""), 0);
}

TEST(Plan, FindsAnotherMoversTargetByHostName) {
  World w = three_nodes();
  w.change_node("n2", [](Node& n) { n.labels.set("kubernetes.io/hostname", "host-two"); });
  w.add_migration("manual", "db", "host-two", [](Migration& m) {
    m.labels = {};
    m.annotations = {};
  });
  EXPECT_EQ(Plan(w.view).find({"vms", "db"})->target, "n2");
}

TEST(Plan, TakesTheNodesOfTheHandOverEvenWhenTheVmHasArrived) {
  World w = three_nodes();
  w.add_migration("manual", "db", "n2", [](Migration& m) {
    m.labels = {};
    m.annotations = {};
    m.added_node_selector = {};
    m.phase = MigrationPhase::Running;
  });
  w.change_vm("db", [](Vm& vm) {
    vm.node = "n3";  // the target handler has switched it; KubeVirt has not concluded yet
    vm.migration = MigrationState{.migration_uid = "uid-manual", .source_node = "n1", .target_node = "n3"};
  });
  const Plan plan(w.view);
  EXPECT_EQ(plan.find({"vms", "db"})->source, "n1");
  EXPECT_EQ(plan.find({"vms", "db"})->target, "n3");
}

TEST(Plan, IgnoresTheHandOverOfAnEarlierMigration) {
  World w = three_nodes();
  w.change_vm("db",
              [](Vm& vm) { vm.migration = MigrationState{.migration_uid = "old", .source_node = "n3", .target_node = "n1"}; });
  w.add_migration("m1", "db", "n2");
  EXPECT_EQ(Plan(w.view).find({"vms", "db"})->source, "n1");
  EXPECT_EQ(Plan(w.view).find({"vms", "db"})->target, "n2");
}

TEST(Plan, TakesTheMigrationThatHasGotFurtherWhenTwoRaced) {
  World w = three_nodes();
  w.add_migration("a", "db", "n2");
  w.add_migration("b", "db", "n3", [](Migration& m) { m.phase = MigrationPhase::Scheduling; });
  const Plan plan(w.view);
  EXPECT_EQ(plan.total(), 1);
  EXPECT_EQ(plan.find({"vms", "db"})->target, "n3");
}

TEST(Plan, TakesTheOlderOfTwoThatHaveGotEquallyFar) {
  World w = three_nodes();
  w.add_migration("a", "db", "n2");
  w.add_migration("b", "db", "n3", [](Migration& m) { m.created -= seconds{1}; });
  EXPECT_EQ(Plan(w.view).find({"vms", "db"})->target, "n3");
}

TEST(Plan, AddsAMoveOnceOnly) {
  const World w = three_nodes();
  Plan plan(w.view);
  plan.add({.vm = {"vms", "db"}, .source = "n1", .target = "n2", .ours = true});
  plan.add({.vm = {"vms", "db"}, .source = "n1", .target = "n3", .ours = true});
  EXPECT_EQ(plan.total(), 1);
  EXPECT_EQ(plan.outbound("n1"), 1);
  EXPECT_EQ(plan.inbound("n2"), 1);
  EXPECT_EQ(plan.inbound("n3"), 0);
}

TEST(Plan, SurvivesAMigrationWhoseVmIsGone) {
  World w = three_nodes();
  w.add_migration("m1", "db", "n2");
  w.erase_vm("db");
  const Plan plan(w.view);
  EXPECT_EQ(plan.total(), 1);
  EXPECT_EQ(plan.find({"vms", "db"})->target, "n2");
}

// As KubeVirt counts: what it has not taken up uses none of its limits up.
TEST(Plan, AnothersMigrationInTheQueueHoldsItsVmAndNoSlot) {
  using enum MigrationPhase;
  for (const MigrationPhase phase : {Unset, Pending, WaitingForSync, Synchronizing}) {
    World w = three_nodes();
    w.add_migration("m1", "db", "n2", [&](Migration& m) {
      m.labels = {};
      m.phase = phase;
    });
    EXPECT_TRUE(Plan(w.view).moves({"vms", "db"}));
    EXPECT_EQ(Plan(w.view).total(), 0) << to_string(phase);
    EXPECT_EQ(Plan(w.view).outbound("n1"), 0);
    w.change_migration("m1", [](Migration& m) { m.phase = Scheduling; });
    EXPECT_EQ(Plan(w.view).total(), 1);
    EXPECT_EQ(Plan(w.view).outbound("n1"), 1);
  }
}

}  // namespace
}  // namespace drover::test
