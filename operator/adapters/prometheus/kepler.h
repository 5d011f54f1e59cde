// What Kepler says that nodes draw. Pure functions.
//
// Kepler's figures overlap, and of each node one is taken, the first that there is, and never a sum of several:
//   1. what the machine's controller told Kepler (kepler_platform_watts, Kepler 0.10 and later): its PowerControl, if it has but
//   one;
//   2. of the same, the output of its power supplies, all of one chassis;
//   3. kepler_node_platform_joules_total, as Kepler had it before 0.10;
//   4. RAPL's zone psys (kepler_node_cpu_joules_total);
//   5. if asked for, RAPL's zone package alone: the processors without all that is around them, half or two thirds of what a node
//      takes from the wall.
// Counters are taken as their rate, since a scrape is of another instant than a question. Machines of which one controller tells,
// by Kepler's bmc_id, are an enclosure. A node that no scrape tells of within the window, as one that sleeps, is unknown.
//
// Sources: Kepler's docs/user/metrics.md of 0.11, and of 0.7 for what was before.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/prometheus/queries.h"
#include "model/power_table.h"

namespace drover::prometheus {

// Whole: only figures that stand for a whole machine. Cpu: also those of processors alone.
enum class KeplerFigures { None, Whole, Cpu };
[[nodiscard]] std::optional<KeplerFigures> kepler_figures(std::string_view name);  // "none", "whole", "cpu"

// One question for all of it; not for None. A series is named by its node, and by what it is of: "psys", "supplies bmc-7".
[[nodiscard]] Question kepler_question(KeplerFigures figures, Duration window, const std::string& matchers = "");

// The answer's figures as readings, by name of node.
[[nodiscard]] std::map<std::string, MeterReading> kepler_readings(const std::map<ObjectKey, double>& watts);

}  // namespace drover::prometheus
