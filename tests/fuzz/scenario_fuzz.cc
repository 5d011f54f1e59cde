// Scenarios, traces and policies as files. What is read without an error must be such that a simulation can begin.
#include <string>

#include "fuzz.h"
#include "sim/scenario_file.h"
#include "sim/trace_file.h"
#include "yaml/policy_file.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto scenario = drover::sim::parse_scenario(text, "/nowhere/scenario.yaml");
  DROVER_CHECK(scenario ? drover::sim::problem_of(*scenario).empty() : !scenario.error().message.empty());
  const auto trace = drover::sim::parse_trace(text, "trace");
  DROVER_CHECK(trace ? !trace->cpu.empty() : !trace.error().message.empty());
  const auto policies = drover::parse_policies(text, "policy.yaml", drover::Instant{});
  DROVER_CHECK(policies || !policies.error().message.empty());
  return 0;
}
