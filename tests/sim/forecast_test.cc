// Nodes that are woken for what was asked for in the days before, and stay on for it.
#include <gmock/gmock.h>

#include "worlds.h"

namespace drover::sim {
namespace {

constexpr int kDays = 4;
constexpr std::int64_t kGib = std::int64_t{1} << 30;

// Each morning at eight come as many VMs as take half of eight nodes, and go at five.
Scenario mornings() {
  Scenario scenario;
  scenario.duration = hours{24 * kDays};
  NodeGroup nodes;
  nodes.count = 8;
  nodes.memory_bytes = 32 * kGib;
  scenario.nodes = {nodes};
  VmGroup always;
  always.name = "always";
  always.memory_bytes = 4 * kGib;
  always.demand = ConstantDemand{0.2};
  VmGroup desk = always;
  desk.name = "desk";
  desk.count = 0;
  for (int day = 0; day < kDays; ++day) {
    for (int i = 0; i < 28; ++i) {
      desk.arrives_at.push_back(hours{24 * day + 8} + seconds{i});
      desk.ends_at.push_back(hours{24 * day + 17} + seconds{30 * i});
    }
  }
  scenario.vms = {always, desk};
  return scenario;
}

// How many of a day's VMs took longer than a start takes.
struct Latecomers final : Observer {
  std::array<int, kDays> late{};
  std::set<std::size_t> open;
  std::size_t seen = 0;
  void after_event(const Simulation& simulation) override {
    const auto& vms = simulation.world().vms();
    for (; seen < vms.size(); ++seen) open.insert(seen);
    std::erase_if(open, [&](std::size_t i) {
      if (vms[i].state == VmState::Pending || vms[i].state == VmState::Starting) return false;
      const Duration came = vms[i].arrived - simulation.scenario().start;
      if (simulation.now() - vms[i].arrived > seconds{15}) ++late.at(static_cast<std::size_t>(came / hours{24}));
      return true;
    });
  }
};

struct Days {
  std::array<int, kDays> late{};
  double kilowatt_hours = 0;
  double all_on = 0;
};

Days days_with(const std::string& forecast) {
  const auto policies = parse_policies(R"(
apiVersion: policy.drover.dev/v1alpha1
kind: ClusterMigrationPolicy
metadata: {name: pack}
spec:
  type: Consolidation
  mode: Enforce
  consolidation: {powerDown: {enabled: true, maxResting: "90%", forecast: )" +
                                           forecast + "}}\n",
                                       "pack.yaml", Instant{});
  EXPECT_TRUE(policies) << to_string(policies.error());
  Simulation simulation(mornings(), {.policies = policies->policies});
  Latecomers latecomers;
  simulation.observe(latecomers);
  simulation.begin();
  simulation.run();
  const Totals totals = simulation.report().totals;
  return {latecomers.late, totals.kilowatt_hours(), totals.all_on_joules / kJoulesPerKilowattHour};
}

TEST(Forecast, AMorningThatCameTwiceFindsNodesAwake) {
  const Days without = days_with("None");
  const Days with = days_with("Weekly");
  EXPECT_THAT(without.late, ::testing::Each(::testing::Gt(0))) << "each morning waits for nodes";
  EXPECT_EQ(with.late[0], without.late[0]) << "nothing is known yet";
  EXPECT_EQ(with.late[2], 0);
  EXPECT_EQ(with.late[3], 0);
  EXPECT_LT(with.kilowatt_hours, 1.02 * without.kilowatt_hours) << "they are awake for minutes more";
  EXPECT_LT(with.kilowatt_hours, 0.8 * with.all_on);
}

}  // namespace
}  // namespace drover::sim
