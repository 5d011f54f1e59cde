// Scenarios in YAML. Strict: a field that there is not, a figure without its unit, one that is negative or absurd, a VM that fits
// nowhere are errors that name file, line, field and fix. The schema is told by scenario_help() and docs/scenarios.md.
#pragma once

#include <string>

#include "base/result.h"
#include "sim/scenario.h"

namespace drover::sim {

// `file` is its name in messages; traces and policies that it names are looked for beside it. Traces are read; policies only named,
// by paths that can be opened.
[[nodiscard]] Result<Scenario> parse_scenario(const std::string& text, const std::string& file);
[[nodiscard]] Result<Scenario> read_scenario(const std::string& path);

// Every field, as an example with comments.
[[nodiscard]] std::string scenario_help();

}  // namespace drover::sim
