// Small data centres for the simulator's tests, and observers that remember.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/simulation.h"
#include "yaml/policy_file.h"

namespace drover::sim::test {

// Two nodes of 8 cores and two VMs of 4, each of which wants nearly all: the scheduler puts one on each.
inline Scenario calm() {
  Scenario scenario;
  scenario.duration = hours{2};
  NodeGroup nodes;
  nodes.count = 3;
  nodes.cores = 8;
  nodes.memory_bytes = std::int64_t{32} << 30;
  scenario.nodes = {nodes};
  VmGroup vms;
  vms.count = 3;
  vms.vcpus = 4;
  vms.demand = ConstantDemand{0.5};
  scenario.vms = {vms};
  return scenario;
}

// A Threshold policy on the CPU delay, as in manifests/samples.
inline std::vector<Policy> relieve() {
  const auto read = parse_policies(R"(
apiVersion: policy.drover.dev/v1alpha1
kind: MigrationPolicy
metadata: {name: relieve, namespace: vms}
spec:
  type: Threshold
  mode: Enforce
  disruption: {budgets: [{migrations: 2}]}
  threshold:
    signal: {kubevirtMetric: {name: CPUDelay, window: 10s}}
    direction: Above
    level: 0.05
    for: 10s
    interval: 5s
)",
                                   "relieve.yaml", Instant{});
  EXPECT_TRUE(read) << to_string(read.error());
  return read->policies;
}

// Two nodes; everything runs on the first, which is overloaded.
inline Scenario crowded() {
  Scenario scenario = calm();
  scenario.nodes[0].count = 2;
  scenario.nodes[0].cores = 8;
  scenario.vms[0].count = 6;
  scenario.vms[0].demand = ConstantDemand{0.9};
  return scenario;
}

struct Recorder : Observer {
  std::vector<std::string> phases;  // of all migrations, as they change
  std::vector<Announce> news;
  std::size_t most_running = 0;
  std::map<std::string, MigrationPhase> last;

  void after_effect(const Simulation& /*simulation*/, const Replica& /*replica*/, const Effect& effect,
                    const Result<std::string>& /*outcome*/) override {
    if (const auto* said = std::get_if<Announce>(&effect.body)) news.push_back(*said);
  }
  void after_event(const Simulation& simulation) override {
    std::size_t running = 0;
    for (const auto& [key, migration] : simulation.api().view().migrations) {
      running += migration->is_running() ? 1 : 0;
      const auto [at, fresh] = last.try_emplace(migration->uid, MigrationPhase::Unset);
      if (at->second == migration->phase) continue;
      at->second = migration->phase;
      phases.emplace_back(to_string(migration->phase));
    }
    most_running = std::max(most_running, running);
  }
};

// A migration as kubectl would make it.
inline Migration to_node(const SimVm& vm, const std::string& name, const std::string& node) {
  Migration migration;
  migration.key = {vm.key.ns, name};
  migration.vm_name = vm.key.name;
  if (!node.empty()) migration.added_node_selector.set(std::string(label::kHostname), node);
  return migration;
}

}  // namespace drover::sim::test
