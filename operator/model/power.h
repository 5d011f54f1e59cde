// What a node draws, what switching it costs, and by what it is switched: the power models of both papers, and PowerProfile
// (policy.drover.dev).
//
// Units: watts, joules; utilization is the share of the node's CPU in use, 0..1. Pure values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

// By what a node is switched off and on, as PowerProfile's driver.type names it.
enum class PowerDriverKind { None, Redfish, Metal3, WakeOnLan };
[[nodiscard]] std::string_view to_string(PowerDriverKind kind);
[[nodiscard]] std::optional<PowerDriverKind> power_driver_kind(std::string_view name);

// Which nodes have which model and driver: PowerProfile (policy.drover.dev, cluster-wide). Where several select a node the highest
// priority wins; of equal ones, the first by name.
struct PowerProfile {
  std::string name;
  std::int64_t priority = 0;
  Selector nodes;
  PowerModel model;
  PowerDriverKind driver = PowerDriverKind::None;
  friend bool operator==(const PowerProfile&, const PowerProfile&) = default;
};

// The driver that one node's profile names; never None.
struct NodeDriver {
  PowerDriverKind kind = PowerDriverKind::None;
  std::string profile;  // by name, for people
  friend bool operator==(const NodeDriver&, const NodeDriver&) = default;
};

}  // namespace drover
