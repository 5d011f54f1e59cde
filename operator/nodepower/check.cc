#include "nodepower/check.h"

#include <map>
#include <nlohmann/json.hpp>

#include "base/quantity.h"
#include "base/shown.h"

namespace drover::nodepower {
namespace {

using nlohmann::json;

std::string words_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text.empty() ? "none" : text;
}

std::string or_none(const CpuSet& cpus) {
  return cpus.empty() ? "none" : cpu_list_text(cpus);
}

// The table: a name, then lines of its own column.
class Table {
 public:
  void add(const std::string& name, const std::string& what) {
    constexpr std::size_t kWidth = 10;
    std::string line = name == last_ ? "" : name;
    line.resize(std::max(kWidth, line.size() + 1), ' ');
    text_ += line + shown(what) + "\n";
    last_ = name;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string last_;
};

// CPUs whose policies say the same share a line.
void add_frequency(const Machine& machine, Table& table) {
  if (machine.policies.empty()) {
    table.add("CPUFREQ", "none: a virtual machine, or switched off by the firmware; no governor and no EPP can be set");
    return;
  }
  std::map<std::vector<std::string>, CpuSet> alike;
  for (const FrequencyPolicy& policy : machine.policies) {
    const std::vector<std::string> lines = {
        "driver " + (policy.driver.empty() ? "unknown" : policy.driver) + (machine.mode.empty() ? "" : ", " + machine.mode),
        "governor " + policy.governor.value_or("unknown") + "; to choose from: " + words_text(policy.governors),
        policy.preferences.empty()
            ? "no EPP"
            : "EPP " + policy.preference.value_or("unknown") + "; to choose from: " + words_text(policy.preferences)};
    alike[lines].insert(policy.cpus.begin(), policy.cpus.end());
  }
  for (const auto& [lines, cpus] : alike) {
    table.add("CPUFREQ", "CPU " + or_none(cpus) + ":");
    for (const std::string& line : lines) table.add("CPUFREQ", "  " + line);
  }
}

std::string unreadable(const Error& error) {
  return error.cls == ErrorClass::Denied ? "can't be read: run as root" : "can't be read: " + error.message;
}

void list_meters(const CheckReport& report, Table& table) {
  if (report.rapl.empty()) table.add("RAPL", "none");
  for (const RaplZone& zone : report.rapl) {
    std::string what = zone.zone + " " + zone.name + ": ";
    what +=
        zone.microjoules ? number_text(static_cast<double>(*zone.microjoules) / 1e6) + " J" : unreadable(zone.microjoules.error());
    if (zone.range_microjoules) what += ", wraps at " + number_text(static_cast<double>(*zone.range_microjoules) / 1e6) + " J";
    table.add("RAPL", what);
  }
  if (report.hwmon.empty()) table.add("HWMON", "none");
  for (const HwmonSensor& sensor : report.hwmon) {
    std::string what =
        sensor.hwmon + " " + sensor.chip + " " + sensor.sensor + (sensor.label.empty() ? "" : " (" + sensor.label + ")") + ": ";
    what += sensor.micro ? number_text(static_cast<double>(*sensor.micro) / 1e6) + (sensor.is_energy ? " J" : " W")
                         : unreadable(sensor.micro.error());
    table.add("HWMON", what);
  }
}

json json_of(const FrequencyPolicy& policy) {
  json shown = {{"policy", policy.number},
                {"cpus", cpu_list_text(policy.cpus)},
                {"driver", policy.driver},
                {"governors", policy.governors},
                {"energyPerformancePreferences", policy.preferences}};
  if (policy.governor) shown["governor"] = *policy.governor;
  if (policy.preference) shown["energyPerformancePreference"] = *policy.preference;
  if (policy.hertz) shown["hertz"] = *policy.hertz;
  return shown;
}

}  // namespace

std::string check_text(const CheckReport& report) {
  const Machine& machine = report.machine;
  Table table;
  table.add("CPUS", cpu_list_text(machine.present) + ", online: " + cpu_list_text(machine.online) +
                        ", cores: " + std::to_string(machine.cores.size()) + ", reserved: " + or_none(machine.reserved));
  add_frequency(machine, table);
  table.add("OFFLINE", report.core_obstacle.empty() ? "CPUs that can go offline: " + or_none(machine.has_switch)
                                                    : "no core goes offline: " + report.core_obstacle);
  list_meters(report, table);
  if (report.wish) {
    if (report.wish->values.empty()) table.add("WOULD SET", "nothing");
    for (const auto& [path, value] : report.wish->values) table.add("WOULD SET", path + " = " + value);
    for (const std::string& remark : report.wish->remarks) table.add("CAN'T", remark);
  }
  return table.text();
}

std::string check_json(const CheckReport& report) {
  const Machine& machine = report.machine;
  json all = {{"cpus",
               {{"present", cpu_list_text(machine.present)},
                {"online", cpu_list_text(machine.online)},
                {"reserved", cpu_list_text(machine.reserved)},
                {"canGoOffline", cpu_list_text(machine.has_switch)}}},
              {"cores", json::array()},
              {"coreObstacle", report.core_obstacle},
              {"pstateMode", machine.mode},
              {"cpufreq", json::array()},
              {"rapl", json::array()},
              {"hwmon", json::array()}};
  for (const auto& [core, cpus] : machine.cores)
    all["cores"].push_back({{"package", core.first}, {"core", core.second}, {"cpus", cpu_list_text(cpus)}});
  for (const FrequencyPolicy& policy : machine.policies) all["cpufreq"].push_back(json_of(policy));
  for (const RaplZone& zone : report.rapl) {
    json shown = {{"zone", zone.zone}, {"name", zone.name}};
    if (zone.microjoules) shown["joules"] = static_cast<double>(*zone.microjoules) / 1e6;
    if (!zone.microjoules) shown["problem"] = zone.microjoules.error().message;
    if (zone.range_microjoules) shown["wrapsAtJoules"] = static_cast<double>(*zone.range_microjoules) / 1e6;
    all["rapl"].push_back(std::move(shown));
  }
  for (const HwmonSensor& sensor : report.hwmon) {
    json shown = {{"hwmon", sensor.hwmon}, {"chip", sensor.chip}, {"sensor", sensor.sensor}, {"label", sensor.label}};
    if (sensor.micro) shown[sensor.is_energy ? "joules" : "watts"] = static_cast<double>(*sensor.micro) / 1e6;
    if (!sensor.micro) shown["problem"] = sensor.micro.error().message;
    all["hwmon"].push_back(std::move(shown));
  }
  if (report.wish) all["wouldSet"] = {{"values", report.wish->values}, {"problems", report.wish->remarks}};
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace drover::nodepower
