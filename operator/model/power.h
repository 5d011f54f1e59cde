// What a node draws, and what switching it costs: the power models of both papers and of PowerProfile (policy.drover.dev).
//
// Units: watts, joules; utilization is the share of the node's CPU in use, 0..1. Pure values.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/object.h"

namespace drover {

// One step of a CPU's frequency, as a share of its highest, and what the node draws at full use of it.
struct FrequencyStep {
  double speed = 1;  // 0..1
  double max_watts = 0;
  friend bool operator==(const FrequencyStep&, const FrequencyStep&) = default;
};

struct PowerModel {
  // At 0, 10, ... 100 % of the CPU, joined by straight lines (SPECpower).
  std::array<double, 11> watts{100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200};
  double standby_watts = 5;  // off, but it can be woken
  Duration boot = minutes{2};
  double boot_joules = 24000;  // all of it, from the order to the node's being Ready
  Duration shutdown = seconds{30};
  double shutdown_joules = 3000;
  std::vector<FrequencyStep> frequency_steps;  // rising speeds; empty: the frequency is not to be changed

  // Power of a node that is on. A utilization beyond 0..1 counts as the nearer end.
  [[nodiscard]] double watts_at(double utilization) const;
  [[nodiscard]] double idle_watts() const { return watts.front(); }
  [[nodiscard]] double max_watts() const { return watts.back(); }

  // PowerProfile's curves from idle to maximum: Linear u, Square u^2, Cubic u^3, SquareRoot.
  enum class Curve { Linear, Square, Cubic, SquareRoot };
  [[nodiscard]] static std::array<double, 11> table(Curve curve, double idle_watts, double max_watts);

  friend bool operator==(const PowerModel&, const PowerModel&) = default;
};

// Which nodes have which model: PowerProfile (policy.drover.dev, cluster-wide). Where several select a node the highest priority
// wins; of equal ones, the first by name.
struct PowerProfile {
  std::string name;
  std::int64_t priority = 0;
  Selector nodes;
  PowerModel model;
  friend bool operator==(const PowerProfile&, const PowerProfile&) = default;
};

}  // namespace drover
