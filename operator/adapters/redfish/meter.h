// What a node draws, as its management controller measures it. Pure.
//
// Nothing is believed that cannot be: zero of a machine that is on is a meter that is not there (some models' PowerConsumedWatts
// with a capacity of 0), a supply's input that equals its capacity is a rating, and of a machine that is off some controllers show
// what they showed last. What is missing is unknown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/redfish/document.h"
#include "base/time.h"
#include "model/power_table.h"

namespace drover::redfish {

// A chassis, as far as readings depend on it. Links are "" where there are none.
struct Chassis {
  std::string environment;   // EnvironmentMetrics
  std::string power;         // Power: deprecated, and what most have
  std::string subsystem;     // PowerSubsystem
  std::string enclosure;     // its serial number, or UUID, when it holds several machines
  bool is_nameless = false;  // it holds several and has neither: what it draws can't be told from what others do
  bool is_part = false;      // a sled or blade: supplies that it shows are its enclosure's
};
[[nodiscard]] Chassis read_chassis(const Json& document);

// Of a machine that is on any draw; of one that is off at least 1 W and at most 15 % of what it draws idle.
struct Believable {
  double from_watts = 0;
  double to_watts = 0;
  [[nodiscard]] bool holds(double watts) const { return watts >= from_watts && watts <= to_watts; }
};
[[nodiscard]] Believable believable(Powered powered, double idle_watts);

// Some show of a machine that is off what they showed last: the same to the last digit of a fraction, for minutes.
class FrozenMeter {
 public:
  // Whether a reading of a machine that is off is one of those. `now` is monotonic.
  [[nodiscard]] bool is_frozen(double watts, Duration now);
  void forget() { since_.reset(); }

 private:
  double watts_ = 0;
  std::optional<Duration> since_;
};

// EnvironmentMetrics: power, and energy where there is a counter.
[[nodiscard]] std::optional<MeterReading> environment_reading(const Json& document, const Chassis& chassis, Believable believable);

// One power supply's figures. Those that cannot be are left out.
struct Supply {
  std::string key;  // serial number, or where it is: two views of one supply count once
  std::optional<double> input_watts;
  std::optional<double> output_watts;
};
// Of a PowerSupply of PowerSubsystem and its Metrics, or of an entry of Power's PowerSupplies (metrics null).
[[nodiscard]] Supply read_supply(const Json& supply, const Json& metrics);
// The sum of the supplies' input; of their output when one of them lacks that.
[[nodiscard]] std::optional<MeterReading> supplies_reading(const std::vector<Supply>& supplies, const Chassis& chassis,
                                                           Believable believable, const std::string& source);

// Power: PowerControl, else the supplies, else what vendors have of their own.
[[nodiscard]] std::optional<MeterReading> power_reading(const Json& document, const Chassis& chassis, Believable believable);

}  // namespace drover::redfish
