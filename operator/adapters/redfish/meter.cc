#include "adapters/redfish/meter.h"

#include <cmath>
#include <set>

namespace drover::redfish {
namespace {

constexpr double kJoulesPerKwh = 3.6e6;
constexpr double kMostWatts = 1e6;
constexpr double kLeastOnWatts = 0.5;
constexpr double kLeastOffWatts = 1;
constexpr double kMostOffShare = 0.15;  // of idle
constexpr double kOverCapacity = 1.2;
constexpr Duration kFrozenAfter = minutes{10};

std::optional<MeterReading> reading(std::optional<double> watts, const std::string& source, Believable believable,
                                    std::string enclosure) {
  if (!watts || !believable.holds(*watts)) return std::nullopt;
  MeterReading out;
  out.watts = *watts;
  out.source = "redfish/" + source;
  out.enclosure = std::move(enclosure);
  return out;
}

// Never a sum: some show the server beside its CPUs and its memory.
const Json& whole_server(const Json& controls) {
  if (controls.is_array()) {
    for (const Json& control : controls) {
      const std::string name = text(at(control, "Name"));
      if (name.find("Server") != std::string::npos || text(at(control, "PhysicalContext")) == "Chassis") return control;
    }
  }
  return at(controls, std::size_t{0});
}

std::optional<double> control_watts(const Json& document) {
  const Json& control = whole_server(at(document, "PowerControl"));
  const auto watts = number(at(control, "PowerConsumedWatts"));
  return watts && *watts == 0 ? std::nullopt : watts;
}

// Fujitsu's and Inspur's; Huawei's is with its supplies.
std::optional<double> vendor_watts(const Json& document) {
  const Json& oem = at(document, "Oem");
  const auto fujitsu = number(at(at(oem, "ts_fujitsu", "ChassisPowerConsumption"), "CurrentPowerConsumptionW"));
  return fujitsu ? fujitsu : number(at(oem, "Public", "TotalPower"));
}

std::optional<double> figure(std::optional<double> watts, std::optional<double> capacity) {
  if (!watts || *watts <= 0) return std::nullopt;
  if (capacity && *capacity > 0 && (*watts == *capacity || *watts > kOverCapacity * *capacity)) return std::nullopt;
  return watts;
}

}  // namespace

Chassis read_chassis(const Json& document) {
  Chassis chassis{.environment = link(at(document, "EnvironmentMetrics")),
                  .power = link(at(document, "Power")),
                  .subsystem = link(at(document, "PowerSubsystem")),
                  .enclosure = {}};
  const std::string type = text(at(document, "ChassisType"));
  const Json& systems = at(document, "Links", "ComputerSystems");
  const bool holds_several = type == "Enclosure" || (systems.is_array() && systems.size() > 1);
  if (holds_several) {
    chassis.enclosure = text(at(document, "SerialNumber"));
    if (chassis.enclosure.empty()) chassis.enclosure = text(at(document, "UUID"));
    chassis.is_nameless = chassis.enclosure.empty();
  }
  chassis.is_part = type == "Sled" || type == "Blade" || !link(at(document, "Links", "ContainedBy")).empty();
  return chassis;
}

Believable believable(Powered powered, double idle_watts) {
  if (powered == Powered::Off) return {kLeastOffWatts, kMostOffShare * idle_watts};
  return {kLeastOnWatts, kMostWatts};
}

bool FrozenMeter::is_frozen(double watts, Duration now) {
  if (!since_ || watts_ != watts || watts == std::floor(watts)) {
    watts_ = watts;
    since_ = now;
  }
  return now - *since_ > kFrozenAfter;
}

std::optional<MeterReading> environment_reading(const Json& document, const Chassis& chassis, Believable believable) {
  auto out = reading(number(at(document, "PowerWatts", "Reading")), "EnvironmentMetrics", believable, chassis.enclosure);
  const auto kwh = number(at(document, "EnergykWh", "Reading"));
  if (out && kwh && *kwh > 0) out->joules_total = *kwh * kJoulesPerKwh;
  return out;
}

Supply read_supply(const Json& supply, const Json& metrics) {
  Supply out;
  out.key = text(at(supply, "SerialNumber"));
  if (out.key.empty()) out.key = text(at(supply, "@odata.id"));
  if (out.key.empty()) out.key = text(at(supply, "MemberId"));
  const auto capacity = number(at(supply, "PowerCapacityWatts"));
  out.input_watts = figure(number(at(metrics, "InputPowerWatts", "Reading")), capacity);
  out.output_watts = figure(number(at(metrics, "OutputPowerWatts", "Reading")), capacity);
  if (!out.input_watts) out.input_watts = figure(number(at(supply, "PowerInputWatts")), capacity);
  if (!out.input_watts) out.input_watts = figure(number(at(at(supply, "Oem", "Huawei"), "PowerInputWatts")), capacity);
  if (!out.output_watts) out.output_watts = figure(number(at(supply, "PowerOutputWatts")), capacity);
  if (!out.output_watts) out.output_watts = figure(number(at(supply, "LastPowerOutputWatts")), capacity);
  return out;
}

std::optional<MeterReading> supplies_reading(const std::vector<Supply>& supplies, const Chassis& chassis, Believable believable,
                                             const std::string& source) {
  std::set<std::string> keys;
  double input = 0;
  double output = 0;
  bool all_input = true;
  bool all_output = true;
  for (const Supply& supply : supplies) {
    if (!keys.insert(supply.key).second) continue;
    if (!supply.input_watts && !supply.output_watts) continue;  // a spare, or without mains
    all_input = all_input && supply.input_watts.has_value();
    all_output = all_output && supply.output_watts.has_value();
    input += supply.input_watts.value_or(0);
    output += supply.output_watts.value_or(0);
  }
  // Those of an enclosure are seen by every sled's controller, and told apart by nothing but their serial numbers.
  std::string enclosure = chassis.enclosure;
  if (enclosure.empty() && chassis.is_part && !keys.empty()) enclosure = "supply " + *keys.begin();
  if (input > 0 && all_input) return reading(input, source + "/input", believable, enclosure);
  if (output <= 0 || !all_output) return std::nullopt;
  auto out = reading(output, source + "/output", believable, enclosure);
  if (out) out->input = false;
  return out;
}

std::optional<MeterReading> power_reading(const Json& document, const Chassis& chassis, Believable believable) {
  if (auto out = reading(control_watts(document), "PowerControl", believable, chassis.enclosure)) return out;
  std::vector<Supply> supplies;
  if (const Json& list = at(document, "PowerSupplies"); list.is_array()) {
    for (const Json& supply : list) supplies.push_back(read_supply(supply, Json()));
  }
  if (auto out = supplies_reading(supplies, chassis, believable, "PowerSupplies")) return out;
  return reading(vendor_watts(document), "Oem", believable, chassis.enclosure);
}

}  // namespace drover::redfish
