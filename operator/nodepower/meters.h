// The machine's own meters: RAPL's zones and what hwmon has of power and energy.
//
// Zones are nested and overlap: "core" and "uncore" are parts of "package-0", "dram" is beside or within it, "psys" is the platform
// and holds all of them, and intel-rapl-mmio shows a package that intel-rapl shows, too. So nothing here adds zones up. What can't
// be read (energy_uj is root's alone since CVE-2020-8694) is absent, and says why.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nodepower/energy_counter.h"
#include "ports/sys_fs.h"

namespace drover::nodepower {

struct RaplZone {
  std::string zone;  // the kernel's id: "intel-rapl:0:1"
  std::string name;  // "package-0", "package-0/core", "psys"
  Result<std::uint64_t> microjoules;
  std::optional<std::uint64_t> range_microjoules;
};
// By id; none where the machine has no RAPL or hides it.
[[nodiscard]] std::vector<RaplZone> read_rapl(const SysFs& files);

struct HwmonSensor {
  std::string hwmon;   // "hwmon2"; may be another after the next boot
  std::string chip;    // "power_meter"
  std::string sensor;  // "power1", "energy1"
  std::string label;   // what the chip calls it; may be empty
  bool is_energy = false;
  Result<std::uint64_t> micro;  // microwatts (the driver's mean where it has no other), microjoules
};
[[nodiscard]] std::vector<HwmonSensor> read_hwmon(const SysFs& files);

// The counters over time.
class Meters {
 public:
  struct Rapl {
    std::string zone;
    std::string name;
    std::optional<double> joules;
    double unmetered_seconds = 0;
  };
  struct Hwmon {
    std::string hwmon;
    std::string chip;
    std::string sensor;
    std::string label;
    std::optional<double> watts;   // of power sensors
    std::optional<double> joules;  // of energy sensors
  };
  struct Readings {
    std::vector<Rapl> rapl;
    std::vector<Hwmon> hwmon;
  };
  [[nodiscard]] Readings read(const SysFs& files, Duration now);

 private:
  std::map<std::string, EnergyCounter> rapl_;   // by zone
  std::map<std::string, EnergyCounter> hwmon_;  // by hwmon and sensor
};

}  // namespace drover::nodepower
