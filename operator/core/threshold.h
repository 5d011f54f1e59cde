// Threshold (COMS A): a figure about a VM is beyond a level for a time.
//
// Missing data is unknown: it ends a breach, it never starts one, and it is never zero. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/policy.h"
#include "model/use.h"

namespace drover {

// What is remembered of one VM under one policy.
struct Breach {
  std::optional<double> value;            // at the last evaluation; empty: no data
  std::optional<Instant> breached_since;  // empty: not breached, or nobody knows since when
  bool has_lasted = false;                // breached since nobody knows when, and taken to be so for long enough
};

// The next state of a VM's breach, given its value in the newest sample.
[[nodiscard]] Breach advance(const ThresholdSettings& settings, const Breach& before, std::optional<double> value, Instant sampled);

// Whether the breach has lasted for as long as the policy asks.
[[nodiscard]] bool is_due(const ThresholdSettings& settings, const Breach& breach, Instant now);

// How far beyond the level, in units of the level: 0.25 is a quarter beyond. For ordering.
[[nodiscard]] double severity(const ThresholdSettings& settings, double value);

// "CPU delay 0.62, above 0.2 for 35s"
[[nodiscard]] std::string breach_text(const ThresholdSettings& settings, const Breach& breach, Instant now);
[[nodiscard]] std::string signal_text(const Signal& signal);  // "CPU delay", "the PromQL signal"
// "CPU delay above 0.2 for 1m"
[[nodiscard]] std::string settings_text(const ThresholdSettings& settings);

}  // namespace drover
