// The machines' management controllers, and what the core makes of those that fail.
#include "sim/bmc.h"

#include <gmock/gmock.h>

#include "core/node_life.h"
#include "support/driven.h"
#include "worlds.h"

namespace drover::sim {
namespace {

using test::calm;

// One VM on three nodes, under a policy that puts to rest what it may.
class BmcTest : public ::testing::Test {
 protected:
  BmcTest() {
    Scenario scenario = calm();
    scenario.vms[0].count = 1;
    scenario.nodes[0].power.shutdown = seconds{20};
    const auto policies = parse_policies(R"(
apiVersion: policy.drover.dev/v1alpha1
kind: ClusterMigrationPolicy
metadata: {name: pack}
spec:
  type: Consolidation
  mode: Enforce
  consolidation: {strategy: Fuzzy, interval: 1m, reserve: 0, powerDown: {enabled: true, after: 1m}}
)",
                                         "pack.yaml", Instant{});
    EXPECT_TRUE(policies) << to_string(policies.error());
    simulation_.emplace(scenario, SimulationOptions{.policies = policies->policies});
    simulation_->begin();
  }
  // Until a node comes to that life; its name.
  std::string until(NodeLife life) {
    const Instant deadline = simulation_->now() + hours{3};
    while (simulation_->now() < deadline && simulation_->run_next()) {
      for (const auto& [key, node] : simulation_->api().view().nodes) {
        if (node->marks.life == life) return node->name;
      }
    }
    ADD_FAILURE() << "no node came to " << to_string(life);
    return "node-1";
  }
  [[nodiscard]] const Node& node(const std::string& name) const { return *simulation_->api().view().node(name); }
  [[nodiscard]] PowerState machine(const std::string& name) const {
    return simulation_->world().nodes().at(simulation_->world().find_node(name)).state;
  }
  void pass(Duration time) { simulation_->run_until(simulation_->now() + time); }

  std::optional<Simulation> simulation_;
};

TEST_F(BmcTest, TellsWhetherAMachineIsOnAndNothingOfOneThatFailed) {
  Simulation& s = *simulation_;
  Bmc bmc(s.options().faults, s.queue(), s.world(), SeededRandom(1));
  EXPECT_EQ(bmc.state(drover::test::driven("node-2"), {})->state, Powered::On);
  ASSERT_TRUE(bmc.switch_to(drover::test::driven("node-2"), PowerRequest::GracefulOff, {}));
  EXPECT_EQ(bmc.state(drover::test::driven("node-2"), {})->state, Powered::On) << "it still shuts down";
  s.run_until(s.scenario().start + seconds{21});
  EXPECT_EQ(bmc.state(drover::test::driven("node-2"), {})->state, Powered::Off);
  ASSERT_TRUE(bmc.switch_to(drover::test::driven("node-2"), PowerRequest::On, {}));
  EXPECT_EQ(bmc.state(drover::test::driven("node-2"), {})->state, Powered::On);
  s.world().kill_node(1);
  EXPECT_EQ(bmc.state(drover::test::driven("node-2"), {})->state, Powered::Unknown);
  EXPECT_EQ(bmc.state(drover::test::driven("node-9"), {}).error().cls, ErrorClass::Invalid);
}

TEST_F(BmcTest, ANodeIsAsleepWithinTwoQuestionsTimeOfItsMachinesBeingOff) {
  const std::string name = until(NodeLife::PoweringOff);
  pass(seconds{20} + 2 * kSwitchingPoll + seconds{1});
  EXPECT_EQ(machine(name), PowerState::Off);
  EXPECT_EQ(node(name).marks.life, NodeLife::Asleep);
}

TEST_F(BmcTest, ANodeWhoseControllerDiesMidWayStaysPoweringOffUntilItsDeadline) {
  const std::string name = until(NodeLife::PoweringOff);
  pass(seconds{1});
  simulation_->faults().power_fails = 1;
  pass(kPowerOffDeadline - seconds{5});
  EXPECT_EQ(machine(name), PowerState::Off) << "it obeyed, and nobody can tell";
  EXPECT_EQ(node(name).marks.life, NodeLife::PoweringOff);
  pass(seconds{10});
  EXPECT_EQ(node(name).marks.life, NodeLife::Quarantined);
}

TEST_F(BmcTest, ANodeWhoseControllerHangsIsPoweringOffUntilItsDeadline) {
  simulation_->faults().power_hangs = 1;
  const std::string name = until(NodeLife::PoweringOff);
  pass(kPowerOffDeadline - seconds{5});
  EXPECT_EQ(node(name).marks.life, NodeLife::PoweringOff);
  pass(seconds{10});
  EXPECT_EQ(node(name).marks.life, NodeLife::Quarantined);
  EXPECT_EQ(machine(name), PowerState::On);
}

TEST_F(BmcTest, ANodeWhoseControllerDoesNotAnswerIsNeverSwitchedOff) {
  simulation_->faults().power_fails = 1;
  const std::string name = until(NodeLife::Empty);
  pass(hours{1});
  EXPECT_EQ(node(name).marks.life, NodeLife::Empty);
  EXPECT_EQ(machine(name), PowerState::On);
}

// Puts a node to sleep, and wakes it by taking the policy away.
class BmcFaults : public BmcTest {
 protected:
  Faults& faults() { return simulation_->faults(); }
  std::string wake_one() {
    const std::string name = until(NodeLife::Asleep);
    simulation_->api().remove(Kind::ClusterPolicy, {"", "pack"});
    pass(seconds{30});
    return name;
  }
};

TEST_F(BmcFaults, AMachineThatIgnoresAShutdownLosesItsPowerAfterAWhile) {
  faults().ignores_shutdown = 1;
  const std::string name = until(NodeLife::PoweringOff);
  pass(minutes{2});
  EXPECT_EQ(machine(name), PowerState::On);
  pass(minutes{2});
  EXPECT_EQ(node(name).marks.life, NodeLife::Asleep);
}

TEST_F(BmcFaults, AStateThatIsToldLateDelaysSleepAndNothingElse) {
  faults().power_stale = seconds{20};
  const std::string name = until(NodeLife::PoweringOff);
  pass(seconds{20} + 2 * kSwitchingPoll + seconds{1});
  EXPECT_EQ(node(name).marks.life, NodeLife::PoweringOff) << "it was off for less than 20 s";
  pass(seconds{20});
  EXPECT_EQ(node(name).marks.life, NodeLife::Asleep);
}

TEST_F(BmcFaults, AMachineThatHangsInItsBootIsQuarantinedWithAReason) {
  faults().boots_never = 1;
  const std::string name = wake_one();
  pass(minutes{31});
  EXPECT_EQ(machine(name), PowerState::Booting);
  EXPECT_EQ(node(name).marks.life, NodeLife::Quarantined);
  EXPECT_THAT(node(name).marks.reason, ::testing::HasSubstr("did not wake"));
}

TEST_F(BmcFaults, AMachineThatBootsLateServesAllTheSame) {
  faults().boots_late = 1;
  faults().boot_late = minutes{20};
  const std::string name = wake_one();
  pass(minutes{25});
  EXPECT_EQ(node(name).marks.life, NodeLife::Active);
  EXPECT_EQ(machine(name), PowerState::On);
}

TEST_F(BmcFaults, AControllerThatIsDeadForAWhileHoldsUpASleepUntilItIsBack) {
  const std::string name = until(NodeLife::Empty);
  Bmc bmc(simulation_->options().faults, simulation_->queue(), simulation_->world(), SeededRandom(1));
  const std::size_t index = simulation_->world().find_node(name);
  bmc.die_until(index, simulation_->now() + minutes{5});
  EXPECT_EQ(bmc.state(drover::test::driven(name), {}).error().cls, ErrorClass::Retryable);
  EXPECT_EQ(bmc.switch_to(drover::test::driven(name), PowerRequest::GracefulOff, {}).error().cls, ErrorClass::Retryable);
  EXPECT_EQ(machine(name), PowerState::On);
  pass(minutes{5});
  EXPECT_TRUE(bmc.state(drover::test::driven(name), {}));
}

TEST_F(BmcFaults, AControllerWithoutASessionLeftRefusesUntilAMinuteHasPassed) {
  faults().power_sessions = 2;
  Bmc bmc(simulation_->options().faults, simulation_->queue(), simulation_->world(), SeededRandom(1));
  EXPECT_TRUE(bmc.state(drover::test::driven("node-1"), {}));
  EXPECT_TRUE(bmc.state(drover::test::driven("node-1"), {}));
  EXPECT_EQ(bmc.state(drover::test::driven("node-1"), {}).error().cls, ErrorClass::Retryable);
  EXPECT_TRUE(bmc.state(drover::test::driven("node-2"), {})) << "each has its own";
  pass(minutes{1});
  EXPECT_TRUE(bmc.state(drover::test::driven("node-1"), {}));
}

TEST_F(BmcFaults, AnErrorInAnswerToAnOrderSaysNothingOfTheMachine) {
  faults().power_errors = 1;
  const std::string name = until(NodeLife::Asleep);
  EXPECT_EQ(machine(name), PowerState::Off);
}

TEST_F(BmcFaults, AControllerThatAnswersLateIsHeardAllTheSame) {
  faults().power_slow = seconds{40};
  const std::string name = until(NodeLife::Asleep);
  EXPECT_EQ(machine(name), PowerState::Off);
}

// How often each node's driver was asked, and use.
struct Questions final : Observer {
  std::map<std::string, int> power;
  int use = 0;
  void after_step(const Simulation& /*simulation*/, const Replica& /*replica*/, const StepResult& result) override {
    for (const Effect& effect : result.effects) {
      if (const auto* question = std::get_if<SamplePower>(&effect.body)) ++power[question->node];
      if (std::holds_alternative<SampleUse>(effect.body)) ++use;
    }
  }
};

TEST(BooksOfASimulatedOperator, AreFedAtASteadyPaceThoughThereIsNoPolicy) {
  Simulation simulation(calm(), {.core = {.sample_interval = seconds{30}}});
  Questions questions;
  simulation.observe(questions);
  simulation.begin();
  simulation.run_until(simulation.now() + minutes{10});
  EXPECT_NEAR(questions.use, 20, 1);
  ASSERT_EQ(questions.power.size(), simulation.world().nodes().size());
  for (const auto& [node, times] : questions.power) EXPECT_NEAR(times, 20, 1) << node;
}

}  // namespace
}  // namespace drover::sim
