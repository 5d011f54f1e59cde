#include "sim/data_center.h"

#include <gmock/gmock.h>

#include "worlds.h"

namespace drover::sim {
namespace {

using test::calm;
using test::Recorder;
using test::to_node;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DataCenterTest : public ::testing::Test {
 protected:
  Simulation& start(Scenario scenario, SimulationOptions options = {}) {
    simulation_ = std::make_unique<Simulation>(std::move(scenario), std::move(options));
    simulation_->observe(recorder_);
    simulation_->begin();
    return *simulation_;
  }
  std::string move(std::size_t vm, const std::string& name, const std::string& node) {
    return simulation_->world().create_migration(to_node(simulation_->world().vms()[vm], name, node));
  }
  const Node& node(const std::string& name) { return *simulation_->api().view().node(name); }
  void pass(Duration time) { simulation_->run_until(simulation_->now() + time); }

  Recorder recorder_;
  std::unique_ptr<Simulation> simulation_;
};

TEST_F(DataCenterTest, TheSchedulerPutsVmsOnTheMostFreeNode) {
  Simulation& s = start(calm());
  for (const SimNode& node : s.world().nodes()) EXPECT_EQ(node.vms.size(), 1U) << node.name;
}

TEST_F(DataCenterTest, AVmThatFindsNoRoomIsUnschedulableUntilThereIsSome) {
  Scenario scenario = calm();
  scenario.nodes[0].count = 1;
  scenario.vms[0].count = 8;  // of 4.25 GiB: seven fit into 32
  scenario.vms[0].ends_at = {hours{1}};
  Simulation& s = start(scenario);
  pass(minutes{1});
  const SimVm& last = s.world().vms()[7];
  EXPECT_EQ(last.state, VmState::Pending);
  EXPECT_TRUE(s.api().view().pods.at(last.pod)->unschedulable);
  s.run_until(s.scenario().start + hours{1} + minutes{1});
  EXPECT_EQ(s.world().vms()[7].state, VmState::Running);
}

TEST_F(DataCenterTest, TheSchedulerLeavesCordonedAndTaintedNodesAlone) {
  Simulation& s = start(calm());
  s.api().change_node("node-1", [](Node& n) { n.unschedulable = true; });
  s.api().change_node("node-2", [](Node& n) { n.taints.push_back({"dedicated", "", "NoSchedule"}); });
  s.world().add_vm(0);
  s.world().add_vm(0);
  pass(minutes{1});
  EXPECT_EQ(s.world().nodes()[2].vms.size(), 3U);
}

TEST_F(DataCenterTest, AMigrationGoesThroughKubeVirtsPhases) {
  Simulation& s = start(calm());
  const std::string uid = move(0, "m1", "node-2");
  pass(minutes{5});
  EXPECT_THAT(recorder_.phases,
              ElementsAre("Pending", "Scheduling", "Scheduled", "PreparingTarget", "TargetReady", "Running", "Succeeded"));
  const Vm& vm = *s.api().view().vm({"vms", "vm-1"});
  EXPECT_EQ(vm.node, "node-2");
  ASSERT_TRUE(vm.migration);
  EXPECT_EQ(vm.migration->migration_uid, uid);
  EXPECT_TRUE(vm.migration->completed);
  EXPECT_EQ(vm.migration->source_node, "node-1");
  EXPECT_EQ(s.api().view().pods_by_vmi_uid.at(vm.uid).size(), 1U) << "the source pod is gone";
  EXPECT_EQ(s.world().nodes()[0].cpu_requested_milli, 0);
  EXPECT_EQ(s.world().nodes()[1].vms.size(), 2U);
}

TEST_F(DataCenterTest, CopiesShareTheLinksOfBothEnds) {
  Scenario scenario = calm();
  scenario.nodes[0].link_bytes_per_second = 100e6;
  scenario.vms[0].memory_bytes = 1000000000;
  scenario.vms[0].memory_use = 1;
  scenario.vms[0].dirty_bytes_per_second = 0;
  Simulation& s = start(scenario);
  move(0, "m1", "node-3");
  move(1, "m2", "node-3");
  pass(minutes{5});
  // Both come to node-3 at the same time: each has half of its link.
  EXPECT_NEAR(s.world().books().vm(0).migration_seconds, 20, 0.2);
  EXPECT_NEAR(s.world().books().vm(1).migration_seconds, 20, 0.2);
}

TEST_F(DataCenterTest, ALimitOfKubeVirtForEachMigrationHolds) {
  Scenario scenario = calm();
  scenario.kubevirt.bandwidth_per_migration_bytes_per_second = 10000000;
  scenario.vms[0].memory_bytes = 1000000000;
  scenario.vms[0].memory_use = 1;
  scenario.vms[0].dirty_bytes_per_second = 0;
  Simulation& s = start(scenario);
  move(0, "m1", "node-2");
  pass(minutes{5});
  EXPECT_NEAR(s.world().books().vm(0).migration_seconds, 100, 0.2);
}

TEST_F(DataCenterTest, NeverMoreThanTwoMigrationsLeaveANodeOrFiveRunAtAll) {
  Scenario scenario = calm();
  scenario.nodes[0].count = 4;
  scenario.vms[0].count = 12;  // three on each node
  Simulation& s = start(scenario);
  std::size_t most_from_one = 0;
  for (std::size_t i = 0; i < 12; ++i) move(i, "m" + std::to_string(i), "");
  while (s.now() < s.scenario().start + minutes{30} && s.run_next()) {
    for (const SimNode& node : s.world().nodes()) {
      std::size_t leaving = 0;
      for (const std::size_t vm : node.vms) leaving += s.world().vms()[vm].move != kNone ? 1 : 0;
      most_from_one = std::max(most_from_one, leaving);
    }
  }
  EXPECT_EQ(s.world().counts().migrations, 12U);
  EXPECT_EQ(recorder_.most_running, 5U);
  EXPECT_EQ(most_from_one, 2U);
}

TEST_F(DataCenterTest, ATargetPodWithoutRoomIsGivenUp) {
  Simulation& s = start(calm());
  s.api().change_node("node-2", [](Node& n) { n.unschedulable = true; });
  move(0, "m1", "node-2");
  pass(minutes{4});
  EXPECT_EQ(recorder_.phases.back(), "Scheduling");
  pass(minutes{2});
  EXPECT_EQ(recorder_.phases.back(), "Failed");
  EXPECT_EQ(s.api().view().vm({"vms", "vm-1"})->node, "node-1");
}

TEST_F(DataCenterTest, ADeletedMigrationIsAbortedAndGoes) {
  Scenario scenario = calm();
  scenario.nodes[0].link_bytes_per_second = 10e6;
  Simulation& s = start(scenario);
  move(0, "m1", "node-2");
  pass(seconds{20});
  ASSERT_EQ(recorder_.phases.back(), "Running");
  s.world().delete_migration({"vms", "m1"});
  pass(seconds{5});
  EXPECT_FALSE(s.api().view().migrations.contains({"vms", "m1"}));
  const Vm& vm = *s.api().view().vm({"vms", "vm-1"});
  EXPECT_TRUE(vm.migration->abort_requested);
  EXPECT_TRUE(vm.migration->failed);
  EXPECT_EQ(vm.node, "node-1");
  EXPECT_EQ(s.world().nodes()[1].pods, 1) << "the target pod is gone";
}

TEST_F(DataCenterTest, KubeVirtRefusesASecondMigrationOfAVm) {
  Simulation& s = start(calm());
  move(0, "m1", "node-2");
  const auto again = s.world().admit_migration(to_node(s.world().vms()[0], "m2", "node-3"));
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr("in-flight migration detected"));
}

TEST_F(DataCenterTest, ANodeTakesItsTimeAndItsJoulesToGoAndToCome) {
  Scenario scenario = calm();
  scenario.vms[0].count = 1;
  scenario.nodes[0].count = 2;
  PowerModel& power = scenario.nodes[0].power;
  power.boot = minutes{3};
  power.boot_joules = 30000;
  power.shutdown = seconds{40};
  power.shutdown_joules = 2000;
  power.standby_watts = 6;
  Simulation& s = start(scenario);
  s.world().power_off(1);
  EXPECT_FALSE(node("node-2").ready);
  EXPECT_EQ(s.world().nodes()[1].state, PowerState::ShuttingDown);
  pass(seconds{41});
  EXPECT_EQ(s.world().nodes()[1].state, PowerState::Off);
  pass(seconds{600 - 1});
  s.world().power_on(1);
  EXPECT_FALSE(node("node-2").ready);
  pass(minutes{3} - seconds{1});
  EXPECT_FALSE(node("node-2").ready);
  pass(seconds{2});
  EXPECT_TRUE(node("node-2").ready);
  (void)s.report();
  const NodeBook& book = s.world().books().node(1);
  EXPECT_NEAR(book.shutdown_joules, 2000, 1e-6);
  EXPECT_NEAR(book.standby_joules, 6 * 600, 1e-6);
  EXPECT_NEAR(book.boot_joules, 30000, 1e-6);
  EXPECT_NEAR(book.on_joules, 100 * 1, 1e-6);
}

TEST_F(DataCenterTest, ANodeThatDiesLosesItsVmsAndTheyAreStartedAnew) {
  Simulation& s = start(calm());
  s.world().kill_node(0);
  EXPECT_EQ(s.world().counts().vms_lost, 1U);
  EXPECT_TRUE(node("node-1").ready) << "nobody knows yet";
  pass(minutes{1});
  EXPECT_FALSE(node("node-1").ready);
  pass(minutes{6});
  std::size_t running = 0;
  for (const auto& [key, vm] : s.api().view().vms) running += vm->phase == VmPhase::Running ? 1 : 0;
  EXPECT_EQ(running, 3U);
}

TEST_F(DataCenterTest, ATargetThatDiesInMidMoveFailsTheMoveAndLeavesTheVmWhereItIs) {
  Scenario scenario = calm();
  scenario.nodes[0].link_bytes_per_second = 10e6;
  Simulation& s = start(scenario);
  move(0, "m1", "node-2");
  pass(seconds{20});
  s.world().kill_node(1);
  pass(seconds{1});
  EXPECT_EQ(recorder_.phases.back(), "Failed");
  EXPECT_EQ(s.world().vms()[0].state, VmState::Running);
  EXPECT_EQ(s.world().counts().vms_lost, 1U) << "that of the target itself";
}

TEST_F(DataCenterTest, MoreDemandThanCoresIsServedInProportion) {
  Scenario scenario = calm();
  scenario.nodes[0].count = 1;
  scenario.vms[0].demand = ConstantDemand{1};
  Simulation& s = start(scenario);
  pass(minutes{1});
  EXPECT_DOUBLE_EQ(s.world().nodes()[0].wanted, 12);
  for (const SimVm& vm : s.world().vms()) EXPECT_NEAR(vm.served, 8.0 / 3, 1e-9);
}

}  // namespace
}  // namespace drover::sim
