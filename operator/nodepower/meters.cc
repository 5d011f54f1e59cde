#include "nodepower/meters.h"

#include <algorithm>
#include <charconv>

#include "nodepower/files.h"

namespace drover::nodepower {
namespace {

Result<std::uint64_t> micro_of(const SysFs& files, const std::string& path) {
  const auto text = files.read(path);
  if (!text) return text.error();
  std::uint64_t value = 0;
  const auto [end, wrong] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (wrong != std::errc{} || end != text->data() + text->size())
    return Error{ErrorClass::Invalid, path + ": \"" + text->substr(0, 40) + "\" is no whole number"};
  return value;
}

// Zones below `folder`, which are folders named "PREFIX:NUMBER", and those below them.
void read_zones(const SysFs& files, const std::string& folder, const std::string& prefix, const std::string& above,
                std::vector<RaplZone>& zones) {
  const auto names = files.list(folder);
  if (!names) return;
  for (const std::string& name : *names) {
    if (!name.starts_with(prefix + ":")) continue;
    const std::string inside = folder + "/" + name;
    const auto called = files.read(inside + "/name");
    if (!called) continue;
    const auto range = micro_of(files, inside + "/max_energy_range_uj");
    RaplZone zone{name, above + *called, micro_of(files, inside + "/energy_uj"), {}};
    if (range && *range > 0) zone.range_microjoules = *range;
    // A control type such as dtpm limits power and counts none.
    if (zone.microjoules || zone.microjoules.error().cls != ErrorClass::NotFound) zones.push_back(std::move(zone));
    read_zones(files, inside, name, above + *called + "/", zones);
  }
}

// "power1" of power1_input; empty: it is no reading of power or energy. Of power1_average only when there is no power1_input.
std::string sensor_of(const std::string& file, const std::vector<std::string>& all) {
  const auto underscore = file.find('_');
  if (underscore == std::string::npos) return "";
  std::string sensor = file.substr(0, underscore);
  const std::string what = file.substr(underscore + 1);
  const auto number = sensor.find_first_of("0123456789");
  if (number == std::string::npos || sensor.find_first_not_of("0123456789", number) != std::string::npos) return "";
  const std::string kind = sensor.substr(0, number);
  if (kind != "power" && kind != "energy") return "";
  if (what == "input") return sensor;
  const bool has_input = std::binary_search(all.begin(), all.end(), sensor + "_input");
  return kind == "power" && what == "average" && !has_input ? sensor : "";
}

}  // namespace

std::vector<RaplZone> read_rapl(const SysFs& files) {
  std::vector<RaplZone> zones;
  if (const auto controls = files.list(kPowercapFolder)) {
    for (const std::string& control : *controls)
      read_zones(files, std::string(kPowercapFolder) + "/" + control, control, "", zones);
  }
  return zones;
}

std::vector<HwmonSensor> read_hwmon(const SysFs& files) {
  std::vector<HwmonSensor> sensors;
  const auto chips = files.list(kHwmonFolder);
  if (!chips) return sensors;
  for (const std::string& hwmon : *chips) {
    const auto folder = files.link(std::string(kHwmonFolder) + "/" + hwmon);
    if (!folder) continue;
    const auto names = files.list(*folder);
    if (!names) continue;
    const std::string chip = files.read(*folder + "/name").value_or("");
    for (const std::string& name : *names) {
      const std::string sensor = sensor_of(name, *names);
      if (sensor.empty()) continue;
      sensors.push_back({hwmon, chip, sensor, files.read(*folder + "/" + sensor + "_label").value_or(""),
                         sensor.starts_with("energy"), micro_of(files, *folder + "/" + name)});
    }
  }
  return sensors;
}

Meters::Readings Meters::read(const SysFs& files, Duration now) {
  const auto reading = [](const Result<std::uint64_t>& micro) { return micro ? std::optional(*micro) : std::nullopt; };
  Readings readings;
  for (const RaplZone& zone : read_rapl(files)) {
    EnergyCounter& counter = rapl_[zone.zone];
    counter.add(now, reading(zone.microjoules), zone.range_microjoules);
    readings.rapl.push_back({zone.zone, zone.name, counter.joules(), counter.unmetered_seconds()});
  }
  for (const HwmonSensor& sensor : read_hwmon(files)) {
    Hwmon shown{sensor.hwmon, sensor.chip, sensor.sensor, sensor.label, {}, {}};
    if (sensor.is_energy) {
      EnergyCounter& counter = hwmon_[sensor.hwmon + "/" + sensor.sensor];
      counter.add(now, reading(sensor.micro), std::nullopt);
      shown.joules = counter.joules();
    } else if (sensor.micro) {
      shown.watts = static_cast<double>(*sensor.micro) / 1e6;
    }
    readings.hwmon.push_back(std::move(shown));
  }
  return readings;
}

}  // namespace drover::nodepower
