// A captured cluster as a scenario: its very objects, each VM wanting what it used when the snapshot was taken. Pure.
#pragma once

#include <string>
#include <vector>

#include "codec/snapshot_file.h"
#include "sim/scenario.h"

namespace drover::sim {

struct CapturedCluster {
  Scenario scenario;
  std::vector<Policy> policies;
  std::vector<std::string> notes;  // what the simulated cluster lacks, each one sentence
};

[[nodiscard]] CapturedCluster scenario_of(const SnapshotFile& file);

}  // namespace drover::sim
