// One member of a cluster that is sick, and cannot be helped, costs the others nothing: whatever it is, the energy of the whole
// changes by about what its own node draws at most, and nodes are marked hardly more often. Over random pools, for every strategy.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/objects.h"
#include "sim/simulation.h"

namespace drover::sim {
namespace {

constexpr Duration kRun = hours{6};
constexpr std::uint64_t kSeeds = 4;

struct Outcome {
  double joules = 0;
  std::size_t marks = 0;  // that were written on nodes
  std::size_t migrations = 0;
  std::size_t failed = 0;   // of them
  std::size_t refused = 0;  // asked for in vain
  std::string target;       // that most of them went to
  std::string vm;           // that was moved first
};

class Marks : public Observer {
 public:
  std::size_t count = 0;
  std::size_t refused = 0;
  std::map<std::string, std::size_t> targets;
  std::string first;
  void after_effect(const Simulation& /*simulation*/, const Replica& /*replica*/, const Effect& effect,
                    const Result<std::string>& outcome) override {
    count += std::holds_alternative<MarkNode>(effect.body) && outcome ? 1 : 0;
    const auto* create = std::get_if<CreateMigration>(&effect.body);
    if (create == nullptr || create->dry_run) return;
    refused += outcome ? 0 : 1;
    ++targets[create->target];
    if (first.empty()) first = create->vm.name;
  }
  [[nodiscard]] std::string favourite() const {
    const auto most =
        std::max_element(targets.begin(), targets.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == targets.end() ? "" : most->first;
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

Outcome run(const World& world, std::uint64_t seed, const Sicken& sicken, const Faults& faults = {}) {
  Simulation simulation(world.scenario, {.seed = seed, .faults = faults, .policies = {world.policy}});
  Marks marks;
  simulation.observe(marks);
  simulation.begin();
  simulation.run_until(world.scenario.start + minutes{1});
  if (sicken) sicken(simulation);
  simulation.run();
  const Report report = simulation.report();
  EXPECT_EQ(report.invariant_violations, 0U);
  return {report.totals.joules, marks.count, report.counts.migrations, report.counts.failed_migrations, marks.refused,
          marks.favourite(),    marks.first};
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
  std::function<Faults(const Outcome& healthy)> faults = {};  // that last
  std::size_t Outcome::*shows = nullptr;        // what there is more of, with one seed at least, where it came to bear
  std::function<void(Scenario&)> differs = {};  // from the start
};

// A VM that uses 94 % of a node by itself.
void add_hog(Scenario& scenario) {
  VmGroup hog;
  hog.name = "hog";
  hog.vcpus = 16;
  hog.cpu_request_milli = 2000;
  hog.demand = ConstantDemand{0.94};
  scenario.vms.push_back(hog);
}

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
         pod.bare = true;  // so it is not evicted
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
      {"a VM that terminates for ever",
       [](Simulation& s) {
         s.api().change_vm({"vms", s.world().vms()[0].key.name}, [](Vm& vm) { vm.terminating = true; });
       }},
      {"a VM that cannot be read, with a launcher pod that can",
       [](Simulation& s) {
         put_vm(s, "unreadable", "node-2");
         s.api().remove(Kind::Vm, {"vms", "unreadable"});
       }},
      {"a node to which every move fails",
       {},
       [](const Outcome& healthy) { return Faults{.failing_target = healthy.target}; },
       &Outcome::failed},
      {"a VM whose migrations are refused",
       {},
       [](const Outcome& healthy) { return Faults{.refused_vm = healthy.vm}; },
       &Outcome::refused},
      {"an overloaded node whose VM nobody can take",
       [](Simulation& s) {
         const ObjectKey hog{"vms", "hog-1"};
         const std::string node = s.api().view().vm(hog)->node;
         s.api().change_vm(hog, [&](Vm& vm) { vm.node_selector.set(std::string(label::kHostname), node); });
       },
       {},
       nullptr,
       add_hog},
  };
  return kAll;
}

class OneSickMember : public testing::TestWithParam<ConsolidationStrategy> {};

TEST_P(OneSickMember, CostsTheOthersNothing) {
  constexpr std::size_t kMarksAnHour = 3;
  std::set<std::string> shown;
  bool moves = false;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const World world = random_world(seed, GetParam());
    const Outcome healthy = run(world, seed, {});
    moves = moves || healthy.migrations > 0;
    const double node_joules = world.scenario.nodes[0].power.max_watts() * to_seconds(kRun);
    for (const Sickness& sickness : sicknesses()) {
      const std::string what = std::string(sickness.name) + ", seed " + std::to_string(seed);
      World changed = world;
      if (sickness.differs) sickness.differs(changed.scenario);
      const Outcome sick = run(changed, seed, sickness.begins, sickness.faults ? sickness.faults(healthy) : Faults{});
      EXPECT_LE(std::abs(sick.joules - healthy.joules), 1.5 * node_joules) << what;
      if (sickness.shows != nullptr && sick.*sickness.shows > healthy.*sickness.shows) shown.insert(sickness.name);
      EXPECT_LE(sick.marks, healthy.marks + kMarksAnHour * static_cast<std::size_t>(kRun / hours{1})) << what;
    }
  }
  for (const Sickness& sickness : sicknesses()) {
    EXPECT_TRUE(!moves || sickness.shows == nullptr || shown.contains(sickness.name)) << sickness.name << " never came to bear";
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
