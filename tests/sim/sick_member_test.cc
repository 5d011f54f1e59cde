// One member of a cluster that is sick, and cannot be helped, costs the others nothing: whatever it is, the energy of the whole
// changes by about what its own node draws at most, and nodes are marked hardly more often. Over random pools, for every strategy.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "sim/objects.h"
#include "sim/simulation.h"

namespace drover::sim {
namespace {

constexpr Duration kRun = hours{6};

struct Outcome {
  double joules = 0;
  std::size_t marks = 0;  // that were written on nodes
  std::size_t migrations = 0;
};

class Marks : public Observer {
 public:
  std::size_t count = 0;
  void after_effect(const Simulation& /*simulation*/, const Replica& /*replica*/, const Effect& effect,
                    const Result<std::string>& outcome) override {
    count += std::holds_alternative<MarkNode>(effect.body) && outcome ? 1 : 0;
  }
};

struct World {
  Scenario scenario;
  Policy policy;
};

World random_world(std::uint64_t seed, ConsolidationStrategy strategy) {
  SeededRandom random(seed);
  World world;
  Scenario& scenario = world.scenario;
  scenario.duration = kRun;
  NodeGroup nodes;
  nodes.count = 6 + random.below(4);
  nodes.cores = 16;
  scenario.nodes = {nodes};
  VmGroup vms;
  vms.count = nodes.count * (2 + random.below(3));
  vms.vcpus = 2;
  vms.cpu_request_milli = 500;
  const double low = random.uniform(0.05, 0.3);
  vms.demand = ConstantDemand{low};
  if (random.chance(0.5)) vms.demand = WalkDemand{.low = low / 2, .high = low * 1.5, .step = 0.05};
  scenario.vms = {vms};
  world.policy.ref = {{"", "pack"}, "uid-pack"};
  world.policy.generation = 1;
  world.policy.created = scenario.start;
  world.policy.spec.mode = PolicyMode::Enforce;
  world.policy.spec.budgets = {{.migrations = 4, .percent = {}, .window = {}}};
  world.policy.spec.per_vm.cooldown = minutes{10};
  ConsolidationSettings settings;
  settings.strategy = strategy;
  settings.interval = minutes{5};
  settings.power_down = {.enabled = true, .after = minutes{5}, .max_resting_percent = 80};  // so that no zone holds nodes on
  world.policy.spec.settings = settings;
  return world;
}

// Makes a member sick when all is there.
using Sicken = std::function<void(Simulation&)>;

Outcome run(const World& world, std::uint64_t seed, const Sicken& sicken) {
  Simulation simulation(world.scenario, {.seed = seed, .policies = {world.policy}});
  Marks marks;
  simulation.observe(marks);
  simulation.begin();
  simulation.run_until(world.scenario.start + minutes{1});
  if (sicken) sicken(simulation);
  simulation.run();
  const Report report = simulation.report();
  EXPECT_EQ(report.invariant_violations, 0U);
  return {report.totals.joules, marks.count, report.counts.migrations};
}

void put_vm(Simulation& s, const std::string& name, const std::string& node, const std::function<void(Pod&)>& edit = {}) {
  VmGroup group;
  group.vcpus = 4;
  Vm vm = vm_object(group, {"vms", name}, "uid-" + name, s.now() - hours{1});
  vm.live_migratable = true;
  Pod pod = launcher_pod(group, vm, "virt-launcher-" + name);
  if (!node.empty()) {
    set_running(vm, node);
    pod.node = node;
    pod.phase = PodPhase::Running;
  } else {
    pod.unschedulable = true;
  }
  if (edit) edit(pod);
  s.api().put(std::move(vm));
  s.api().put(std::move(pod));
}

struct Sickness {
  const char* name;
  Sicken begins;
};

const std::vector<Sickness>& sicknesses() {
  static const std::vector<Sickness> kAll = {
      {"a VM that waits for a device that no node has",
       [](Simulation& s) { put_vm(s, "gpu", "", [](Pod& pod) { pod.requests["nvidia.com/gpu"] = 1; }); }},
      {"a VM that waits for what Drover knows nothing of", [](Simulation& s) { put_vm(s, "volume", ""); }},
      {"another pod that waits for what Drover knows nothing of",
       [](Simulation& s) {
         Pod pod;
         pod.key = {"shop", "web"};
         pod.uid = "uid-web";
         pod.phase = PodPhase::Pending;
         pod.unschedulable = true;
         pod.requests = {{"cpu", 1000}};
         s.api().put(std::move(pod));
       }},
      {"a VM that is not measured", [](Simulation& s) { put_vm(s, "unmeasured", "node-1"); }},
      {"a pod that is no VM's",
       [](Simulation& s) {
         Pod pod;
         pod.key = {"shop", "web"};
         pod.uid = "uid-web";
         pod.phase = PodPhase::Running;
         pod.node = "node-2";
         pod.requests = {{"cpu", 1000}};
         s.api().put(std::move(pod));
       }},
      {"a VM that nobody may move",
       [](Simulation& s) {
         s.api().change_vm({"vms", s.world().vms()[0].key.name}, [](Vm& vm) { vm.live_migratable = false; });
       }},
      {"a VM that its owner excludes",
       [](Simulation& s) {
         s.api().change_vm({"vms", s.world().vms()[0].key.name}, [](Vm& vm) { vm.excluded_reason = "mine"; });
       }},
      {"a node that is not Ready", [](Simulation& s) { s.api().change_node("node-3", [](Node& node) { node.ready = false; }); }},
      {"a node that somebody has cordoned",
       [](Simulation& s) { s.api().change_node("node-3", [](Node& node) { node.unschedulable = true; }); }},
      {"a node that somebody works on",
       [](Simulation& s) { s.api().change_node("node-3", [](Node& node) { node.labels.set("drover.dev/hands-off", ""); }); }},
      {"a migration of another mover that does not end",
       [](Simulation& s) {
         Migration migration;
         migration.key = {"vms", "stuck"};
         migration.uid = "uid-stuck";
         migration.vm_name = s.world().vms()[0].key.name;
         migration.phase = MigrationPhase::Pending;
         migration.created = s.now();
         s.api().put(std::move(migration));
       }},
  };
  return kAll;
}

class OneSickMember : public testing::TestWithParam<ConsolidationStrategy> {};

TEST_P(OneSickMember, CostsTheOthersNothing) {
  constexpr std::size_t kMarksAnHour = 3;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const World world = random_world(seed, GetParam());
    const Outcome healthy = run(world, seed, {});
    const double node_joules = world.scenario.nodes[0].power.max_watts() * to_seconds(kRun);
    for (const Sickness& sickness : sicknesses()) {
      const std::string what = std::string(sickness.name) + ", seed " + std::to_string(seed);
      const Outcome sick = run(world, seed, sickness.begins);
      EXPECT_LE(std::abs(sick.joules - healthy.joules), 1.5 * node_joules) << what;
      EXPECT_LE(sick.marks, healthy.marks + kMarksAnHour * static_cast<std::size_t>(kRun / hours{1})) << what;
    }
  }
}

std::string name_of(const testing::TestParamInfo<ConsolidationStrategy>& info) {
  return std::string(to_string(info.param));
}

INSTANTIATE_TEST_SUITE_P(Strategies, OneSickMember,
                         testing::Values(ConsolidationStrategy::Balanced, ConsolidationStrategy::DynamicRoundRobin,
                                         ConsolidationStrategy::Fuzzy, ConsolidationStrategy::Placement),
                         name_of);

}  // namespace
}  // namespace drover::sim
