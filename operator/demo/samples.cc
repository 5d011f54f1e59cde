#include "demo/samples.h"

#include <algorithm>

#include "demo/samples_text.h"
#include "sim/scenario_file.h"

namespace drover {
namespace {

namespace fs = std::filesystem;

const fs::path kScenario = fs::path("scenarios") / "day.yaml";
const fs::path kPolicy = "consolidation.yaml";

// "" when there is none.
std::string nearest_samples(const std::vector<fs::path>& places) {
  std::error_code ignored;
  for (const fs::path& place : places) {
    for (fs::path at = place; !at.empty(); at = at.parent_path()) {
      const fs::path samples = at / "manifests" / "samples";
      if (fs::exists(samples / kScenario, ignored) && fs::exists(samples / kPolicy, ignored)) return samples.string();
      if (at == at.root_path()) break;
    }
  }
  return "";
}

void add(DemoSamples& samples, PolicyFile file) {
  samples.policies = std::move(file.policies);
  samples.profiles = std::move(file.profiles);
  for (Policy& policy : samples.policies) policy.spec.mode = PolicyMode::Enforce;
  auto& known = samples.scenario.namespaces;
  for (Namespace& ns : file.namespaces) {
    if (std::none_of(known.begin(), known.end(), [&](const Namespace& other) { return other.name == ns.name; })) {
      known.push_back(std::move(ns));
    }
  }
}

}  // namespace

Result<DemoSamples> load_demo_samples(const std::string& folder, const std::vector<fs::path>& places) {
  DemoSamples samples;
  samples.folder = folder.empty() ? nearest_samples(places) : folder;
  const fs::path from = samples.folder;
  const bool built_in = samples.folder.empty();
  auto scenario =
      built_in ? sim::parse_scenario(kDayScenarioText, "day.yaml (built in)") : sim::read_scenario((from / kScenario).string());
  if (!scenario) return scenario.error();
  samples.scenario = std::move(scenario).value();
  const Instant start = samples.scenario.start;
  auto policies = built_in ? parse_policies(kConsolidationPolicyText, "consolidation.yaml (built in)", start)
                           : read_policies((from / kPolicy).string(), start);
  if (!policies) return policies.error();
  add(samples, std::move(policies).value());
  return samples;
}

}  // namespace drover
