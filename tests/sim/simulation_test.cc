#include "sim/simulation.h"

#include <gmock/gmock.h>

#include "worlds.h"

namespace drover::sim {
namespace {

using test::calm;
using test::crowded;
using test::Recorder;
using test::relieve;

std::string bytes_of(Scenario scenario, SimulationOptions options) {
  Simulation simulation(std::move(scenario), std::move(options));
  simulation.begin();
  simulation.run();
  return json_of(simulation.report());
}

// All VMs of crowded() on the first node.
void crowd(Simulation& simulation) {
  simulation.api().change_node("node-2", [](Node& node) { node.unschedulable = true; });
}

TEST(Simulation, GivesTheSameBytesForASeed) {
  Scenario scenario = crowded();
  scenario.vms[0].demand = UniformDemand{0.5, 1};
  scenario.vms[0].arrivals_per_hour = 4;
  scenario.vms[0].lifetime = hours{1};
  const std::string first = bytes_of(scenario, {.seed = 7, .policies = relieve()});
  EXPECT_EQ(first, bytes_of(scenario, {.seed = 7, .policies = relieve()}));
  EXPECT_NE(first, bytes_of(scenario, {.seed = 8, .policies = relieve()}));
}

TEST(Simulation, IsTheSameUnderFaultsForASeed) {
  Faults faults;
  faults.watch_delay = seconds{5};
  faults.duplicate = 0.2;
  faults.gone_per_hour = 10;
  faults.stale_list = 0.5;
  faults.conflict = 0.1;
  faults.too_many_requests = 0.1;
  faults.answer_lost = 0.1;
  faults.pauses_per_hour = 5;
  faults.node_deaths_per_hour = 1;
  faults.copy_stall = 0.1;
  faults.copy_fail = 0.1;
  faults.vm_appears_per_hour = 5;
  faults.vm_vanishes_per_hour = 5;
  faults.vm_ends_with_move = 0.1;
  faults.replicas = 2;
  faults.late_by = seconds{30};
  faults.cut_offs_per_hour = 5;
  faults.freezes_per_hour = 5;
  faults.crash = 0.01;
  faults.clock_steps_per_hour = 2;
  faults.clock_put_back_per_hour = 1;
  Scenario scenario = crowded();
  scenario.vms[0].demand = UniformDemand{0.5, 1};
  const SimulationOptions options{.seed = 3, .faults = faults, .policies = relieve()};
  EXPECT_EQ(bytes_of(scenario, options), bytes_of(scenario, options));
}

// When migrations were created.
struct Creates : Observer {
  std::vector<Instant> at;
  std::size_t seen = 0;  // migrations that a replica's view showed
  void after_effect(const Simulation& simulation, const Replica& replica, const Effect& effect,
                    const Result<std::string>& outcome) override {
    const auto* create = std::get_if<CreateMigration>(&effect.body);
    if (create != nullptr && !create->dry_run && outcome) at.push_back(simulation.now());
    seen += replica.view().migrations.size();
  }
};

// One VM may move at a time, and each that is told to ends at once and takes its migration with it, which no view ever shows.
TEST(Simulation, TheSlotOfAVmThatEndsWithItsMoveIsFreeAgainAtOnce) {
  Scenario scenario = calm();
  scenario.nodes[0].count = 6;
  scenario.vms[0].count = 18;
  scenario.vms[0].demand = ConstantDemand{0.05};
  Policy pack;
  pack.ref = {{"", "pack"}, "uid-pack"};
  pack.generation = 1;
  pack.created = scenario.start;
  pack.spec.mode = PolicyMode::Enforce;
  pack.spec.budgets = {kDefaultBudget};
  ConsolidationSettings settings;
  settings.interval = minutes{1};
  pack.spec.settings = settings;
  Creates creates;
  Simulation s(scenario, {.faults = {.watch_delay = seconds{4}, .vm_ends_with_move = 1}, .policies = {pack}});
  s.observe(creates);
  s.begin();
  s.run_until(s.scenario().start + hours{1});
  EXPECT_EQ(creates.seen, 0U);
  ASSERT_GE(creates.at.size(), 4U);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_LE(creates.at[i] - creates.at[i - 1], minutes{2}) << i;
}

TEST(Simulation, TheCoreRelievesAnOverloadedNode) {
  Scenario scenario = crowded();
  scenario.vms[0].count = 0;
  scenario.vms[0].arrives_at = std::vector<Duration>(3, Duration(seconds{1}));
  Recorder recorder;
  Simulation s(scenario, {.policies = relieve()});
  s.observe(recorder);
  s.begin();
  crowd(s);
  s.run_until(s.scenario().start + minutes{1});
  ASSERT_EQ(s.world().nodes()[0].vms.size(), 3U);
  s.api().change_node("node-2", [](Node& node) { node.unschedulable = false; });
  s.run();
  EXPECT_GE(s.world().counts().migrations, 1U);
  EXPECT_EQ(s.world().nodes()[0].vms.size() + s.world().nodes()[1].vms.size(), 3U);
  EXPECT_FALSE(s.world().nodes()[1].vms.empty());
  ASSERT_FALSE(recorder.news.empty());
  EXPECT_EQ(recorder.news.front().news, News::MigrationStarted);
  const Policy& policy = *s.api().view().policies.begin()->second;
  ASSERT_FALSE(policy.status.moves.empty()) << "the policy's status was written";
  EXPECT_EQ(policy.status.moves.front().result, MoveResult::Succeeded);
}

TEST(Simulation, ACrashIsSurvived) {
  Scenario scenario = crowded();
  Simulation s(scenario, {.policies = relieve()});
  s.begin();
  s.run_until(s.scenario().start + minutes{1});
  s.replica(0).crash(seconds{5});
  EXPECT_FALSE(s.replica(0).running());
  s.run_until(s.scenario().start + minutes{2});
  EXPECT_TRUE(s.replica(0).leading());
}

// A leader that the API server does not hear loses its lease, and so does one whose process stands still.
TEST(Simulation, LeadershipPassesWhenTheLeaderIsSilent) {
  struct Leaders : Observer {
    std::set<int> led;
    void after_event(const Simulation& s) override {
      int holders = 0;
      for (const auto& replica : s.replicas()) {
        holders += s.holds_lease(*replica) ? 1 : 0;
        if (replica->leading()) led.insert(replica->number());
        ASSERT_TRUE(!replica->elected() || s.holds_lease(*replica)) << "replica " << replica->number() << " acts without a lease";
      }
      ASSERT_LE(holders, 1);
    }
  };
  for (const Faults& faults : {Faults{.replicas = 2, .cut_offs_per_hour = 10, .cut_off = seconds{60}},
                               Faults{.replicas = 2, .freezes_per_hour = 10, .freeze = seconds{60}}}) {
    Leaders leaders;
    Simulation s(crowded(), {.faults = faults, .policies = relieve()});
    s.observe(leaders);
    s.begin();
    s.run();
    EXPECT_EQ(leaders.led, (std::set<int>{0, 1}));
  }
}

// Nobody renews a dead process's lease.
TEST(Simulation, AnotherLeadsWhileTheLeadersProcessIsDown) {
  Simulation s(crowded(), {.faults = {.watch_delay = milliseconds{1}, .replicas = 2}, .policies = relieve()});
  s.begin();
  s.run_until(s.scenario().start + minutes{1});
  const std::size_t led = s.replica(0).leading() ? 0 : 1;
  ASSERT_TRUE(s.replica(led).leading());
  s.replica(led).crash(minutes{10});
  s.run_until(s.scenario().start + minutes{2});
  EXPECT_TRUE(s.replica(1 - led).leading());
}

TEST(Simulation, WhoeverLeadsWhenFaultsEndLeadsForGood) {
  Simulation s(crowded(), {.faults = {.replicas = 2, .cut_offs_per_hour = 10, .cut_off = seconds{60}}, .policies = relieve()});
  s.begin();
  s.run_until(s.scenario().start + minutes{30});
  s.end_faults();
  s.run_until(s.scenario().start + minutes{40});
  const std::uint64_t events = s.events();
  EXPECT_TRUE(s.replica(0).leading() != s.replica(1).leading());
  s.run_until(s.scenario().start + minutes{41});
  EXPECT_LT(s.events() - events, 100U) << "it renews no lease";
}

TEST(Simulation, WithoutFaultsTheViewIsWhatTheApiServerHas) {
  struct Same : Observer {
    void after_event(const Simulation& s) override {
      const ClusterView& seen = s.replicas()[0]->view();
      const ClusterView& there = s.api().view();
      ASSERT_EQ(seen.pods, there.pods);
      ASSERT_EQ(seen.migrations, there.migrations);
      ASSERT_EQ(seen.requests_by_node, there.requests_by_node);
    }
  } same;
  Simulation s(crowded(), {.policies = relieve()});
  s.observe(same);
  s.begin();
  s.run();
}

TEST(Simulation, AQuietClusterCostsNextToNothingToSimulate) {
  Simulation s(test::calm(), {});
  s.begin();
  s.run();
  EXPECT_LT(s.events(), 100U);
}

}  // namespace
}  // namespace drover::sim
