// Trace files: what real VMs wanted of their CPU.
//
// PlanetLab: one whole number of 0..100 a line, percent of the CPU, one for each five minutes; no header. CSV: a header "time,cpu"
// or "time,cpu,memory"; time in whole seconds at equal distances, counted from any moment, cpu and memory as shares 0..1 or with a
// percent sign.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sim/demand.h"

namespace drover::sim {

// Told apart by the header. `file` is its name in messages. Invalid: names file, line and fix.
[[nodiscard]] Result<Trace> parse_trace(const std::string& text, const std::string& file);

// A file, or all files of a folder in order of name but those that begin with a dot. Traces of one folder must be equally long.
[[nodiscard]] Result<std::vector<Trace>> read_traces(const std::string& path);

}  // namespace drover::sim
