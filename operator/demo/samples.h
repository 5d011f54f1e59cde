// The scenario and the policy that the demo shows: the files of manifests/samples/, or their copies in the program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "sim/scenario.h"
#include "yaml/policy_file.h"

namespace drover {

struct DemoSamples {
  sim::Scenario scenario;
  std::vector<Policy> policies;  // in mode Enforce, whatever the file says: in a simulation nobody is hurt
  std::vector<PowerProfile> profiles;
  std::string folder;  // where they were read, or "": the program's copies
};

// From `folder`, scenarios/day.yaml and consolidation.yaml. Empty: from the nearest manifests/samples/ upwards of the places; if
// there is none, the program's copies. Invalid: a file can't be read or understood.
[[nodiscard]] Result<DemoSamples> load_demo_samples(const std::string& folder, const std::vector<std::filesystem::path>& places);

}  // namespace drover
