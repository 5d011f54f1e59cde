// A case: what one seed draws: a data centre, its policies, what people do to both meanwhile, and the dials of the faults. Trims
// make it smaller without changing what else was drawn, so that a failing case can be made as small as it goes and still be named
// by a few options.
//
// A case runs for some busy hours with faults; then everything is calm and demand is steady.
//
// Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/simulation.h"
#include "torture_cases/oracles/ground.h"

namespace drover::torture {

struct Trims {
  std::set<std::string> without;  // names of dials and of deeds, or "policy NAME"
  std::optional<std::size_t> nodes;
  std::optional<std::size_t> vms;  // of each group, at the start and to come
  std::optional<int> busy_hours;
  friend bool operator==(const Trims&, const Trims&) = default;
};

// As options of the command line, " --nodes 4", or "".
[[nodiscard]] std::string options_of(const Trims& trims);

// What a person does in the course of a run.
struct Deed {
  std::string name;         // "suspend", "recommend", "delete", "cordon", "exclude", "button"
  Duration at{};            // since the start
  Duration undone_after{};  // zero: never
  std::size_t which = 0;    // of the policies, nodes or VMs
};

struct Case {
  std::uint64_t seed = 1;
  Trims trims;
  sim::Scenario scenario;
  sim::SimulationOptions options;
  std::vector<Deed> deeds;
  std::vector<std::string> dials;  // that are turned
  Phases phases;
};

[[nodiscard]] Case draw_case(std::uint64_t seed, const Trims& trims);

// In lines, for a report.
[[nodiscard]] std::string describe(const Case& drawn);

// What the parts of a draw have in common.
[[nodiscard]] sim::Faults draw_faults(SeededRandom random, const std::set<std::string>& without, std::vector<std::string>& turned);
[[nodiscard]] std::vector<Policy> draw_policies(SeededRandom random, const std::vector<sim::NodeGroup>& nodes);

}  // namespace drover::torture
