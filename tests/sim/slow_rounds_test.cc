// Rounds of consolidation that take some of the simulated time.
#include <gmock/gmock.h>

#include "worlds.h"

namespace drover::sim {
namespace {

using test::calm;

// Three VMs on three nodes, one on each; one is enough for all, and one of the zone may rest. Rounds are a minute apart.
class SlowRounds : public ::testing::Test {
 protected:
  explicit SlowRounds(Duration takes = minutes{5}) {
    const auto policies = parse_policies(R"(
apiVersion: policy.drover.dev/v1alpha1
kind: ClusterMigrationPolicy
metadata: {name: pack}
spec:
  type: Consolidation
  mode: Enforce
  disruption: {budgets: [{migrations: 2}]}
  consolidation: {strategy: Fuzzy, interval: 1m, reserve: 0, powerDown: {enabled: false}}
)",
                                         "pack.yaml", Instant{});
    EXPECT_TRUE(policies) << to_string(policies.error());
    options_.policies = policies->policies;
    options_.faults.round_takes = takes;
    scenario_ = calm();
    scenario_.vms[0].demand = ConstantDemand{0.1};
    scenario_.duration = hours{1};
  }
  Simulation& begin() {
    simulation_.emplace(scenario_, options_);
    simulation_->begin();
    return *simulation_;
  }
  [[nodiscard]] const RoundReport* round() const {
    for (const auto& replica : simulation_->replicas()) {
      if (replica->core() == nullptr) continue;
      reports_ = replica->core()->reports(replica->view());
      for (const PolicyReport& report : reports_) {
        if (report.rule.round) return &*report.rule.round;
      }
    }
    return nullptr;
  }
  void pass(Duration time) { simulation_->run_until(simulation_->now() + time); }
  [[nodiscard]] std::size_t used_nodes() const {
    std::size_t used = 0;
    for (const auto& node : simulation_->world().nodes()) used += node.vms.empty() ? 0 : 1;
    return used;
  }

  Scenario scenario_;
  SimulationOptions options_;
  std::optional<Simulation> simulation_;
  mutable std::vector<PolicyReport> reports_;
};

class InstantRounds : public SlowRounds {
 protected:
  InstantRounds() : SlowRounds(Duration::zero()) {}
};

TEST_F(InstantRounds, TakeNoneOfTheSimulatedTime) {
  begin();
  pass(minutes{10});
  ASSERT_NE(round(), nullptr);
  const RoundReport last = *round();
  EXPECT_LT(simulation_->now() - last.held, minutes{1} + seconds{1});
  EXPECT_EQ(last.next - last.held, minutes{1});
}

TEST_F(SlowRounds, PackAllTheSame) {
  begin();
  simulation_->run();
  EXPECT_EQ(used_nodes(), 2U);
}

TEST_F(SlowRounds, SayThatTheyTakeLongerThanTheInterval) {
  Simulation& s = begin();
  bool said = false;
  while (!said && s.run_next()) {
    const RoundReport* last = round();
    said = last != nullptr && std::any_of(last->notes.begin(), last->notes.end(), [](const std::string& note) {
             return note.find("longer than spec.consolidation.interval") != std::string::npos;
           });
  }
  EXPECT_TRUE(said);
}

TEST_F(SlowRounds, ACrashInTheMiddleOfOneIsSurvived) {
  Simulation& s = begin();
  pass(seconds{45});
  EXPECT_EQ(round(), nullptr) << "the first takes longer than that, or the test shows nothing";
  s.replica(0).crash(seconds{5});
  simulation_->run();
  EXPECT_EQ(used_nodes(), 2U);
}

TEST_F(SlowRounds, AreHeldAnewWhenTheLeadWasLostInTheMiddleOfOne) {
  options_.faults.replicas = 2;
  Simulation& s = begin();
  pass(seconds{45});
  EXPECT_EQ(round(), nullptr);
  for (const auto& replica : s.replicas()) {
    if (replica->leading()) s.replica(static_cast<std::size_t>(replica->number())).freeze_until(s.now() + minutes{2});
  }
  simulation_->run();
  EXPECT_EQ(used_nodes(), 2U);
}

TEST_F(SlowRounds, AreTheSameForASeed) {
  const auto run = [&] {
    begin();
    simulation_->run();
    return json_of(simulation_->report());
  };
  options_.seed = 7;
  const std::string first = run();
  EXPECT_EQ(first, run());
  options_.seed = 8;
  EXPECT_NE(first, run());
}

}  // namespace
}  // namespace drover::sim
