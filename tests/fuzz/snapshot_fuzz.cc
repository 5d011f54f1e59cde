// A snapshot that anyone may have edited: what can be read can be turned into a scenario, and begun if that has no problem.
#include "codec/snapshot_file.h"
#include "fuzz.h"
#include "sim/simulation.h"
#include "sim/snapshot_scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  const auto file = decode_snapshot(fuzz::text(data, size));
  if (!file) return 0;
  sim::CapturedCluster cluster = sim::scenario_of(*file);
  if (!sim::problem_of(cluster.scenario).empty()) return 0;
  cluster.scenario.duration = minutes{1};
  sim::SimulationOptions options;
  options.policies = std::move(cluster.policies);
  sim::Simulation simulation(std::move(cluster.scenario), std::move(options));
  simulation.begin();
  simulation.run();
  return 0;
}
