#include "nodepower/page.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <map>

#include "base/shown.h"

namespace drover::nodepower {
namespace {

using prometheus::MetricType;
using Labels = std::map<std::string, std::string>;

class Families {
 public:
  void begin(const char* name, const char* help, MetricType type) { all_.push_back({name, help, type, {}}); }
  void add(const Labels& labels, double value) {
    prometheus::ClientMetric metric;
    for (const auto& [name, text] : labels) metric.label.push_back({name, text});
    if (all_.back().type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    all_.back().metric.push_back(std::move(metric));
  }
  void one(const char* name, const char* help, MetricType type, double value) {
    begin(name, help, type);
    add({}, value);
  }
  [[nodiscard]] std::string text() {
    std::erase_if(all_, [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
    return prometheus::TextSerializer().Serialize(all_);
  }

 private:
  std::vector<prometheus::MetricFamily> all_;
};

void add_meters(const Meters::Readings& readings, Families& families) {
  families.begin(
      "drover_nodepower_rapl_joules_total",
      "Energy by RAPL since this program began, in joules, by zone. Zones hold each other and overlap: never add them up.",
      MetricType::Counter);
  for (const auto& zone : readings.rapl) {
    if (zone.joules) families.add({{"zone", zone.zone}, {"name", zone.name}}, *zone.joules);
  }
  families.begin(
      "drover_nodepower_rapl_unmetered_seconds_total",
      "Time of which RAPL's energy is not known, in seconds, by zone: it could not be read, or may have wrapped more than once.",
      MetricType::Counter);
  for (const auto& zone : readings.rapl) families.add({{"zone", zone.zone}, {"name", zone.name}}, zone.unmetered_seconds);
  const auto labels = [](const Meters::Hwmon& sensor) {
    return Labels{{"hwmon", sensor.hwmon}, {"chip", sensor.chip}, {"sensor", sensor.sensor}, {"label", sensor.label}};
  };
  families.begin("drover_nodepower_hwmon_watts",
                 "Power by hwmon, in watts, by sensor. What a sensor measures is the board's affair.", MetricType::Gauge);
  for (const auto& sensor : readings.hwmon) {
    if (sensor.watts) families.add(labels(sensor), *sensor.watts);
  }
  families.begin("drover_nodepower_hwmon_joules_total", "Energy by hwmon since this program began, in joules, by sensor.",
                 MetricType::Counter);
  for (const auto& sensor : readings.hwmon) {
    if (sensor.joules) families.add(labels(sensor), *sensor.joules);
  }
}

}  // namespace

std::string metrics_text(const Snapshot& snapshot) {
  Families families;
  families.begin("drover_nodepower_build_info", "1, with the version.", MetricType::Gauge);
  families.add({{"version", snapshot.version}}, 1);
  add_meters(snapshot.readings, families);
  families.begin("drover_nodepower_cpu_frequency_hertz",
                 "Frequency of the CPUs of a cpufreq policy as its driver sees it, in hertz.", MetricType::Gauge);
  for (const auto& policy : snapshot.policies) {
    if (policy.hertz) families.add({{"policy", std::to_string(policy.number)}}, static_cast<double>(*policy.hertz));
  }
  if (snapshot.online_cpus)
    families.one("drover_nodepower_cpus_online", "CPUs of the machine that are online.", MetricType::Gauge,
                 static_cast<double>(*snapshot.online_cpus));
  families.one("drover_nodepower_cpus_offline", "CPUs that this program has taken offline.", MetricType::Gauge,
               static_cast<double>(snapshot.resting_cpus));
  families.one("drover_nodepower_held_files", "Files that hold what this program has written and is to put back.",
               MetricType::Gauge, static_cast<double>(snapshot.held_files));
  families.one("drover_nodepower_left_files", "Files that somebody else has written meanwhile, and that are left alone.",
               MetricType::Gauge, static_cast<double>(snapshot.left_files));
  families.one("drover_nodepower_settings_valid", "1: the settings were understood; 0: they were not, and those before hold.",
               MetricType::Gauge, snapshot.settings_valid ? 1 : 0);
  families.one("drover_nodepower_unmet_settings", "Things that the settings ask for and that are not so; /readyz says which.",
               MetricType::Gauge, static_cast<double>(snapshot.remarks.size()));
  families.begin("drover_nodepower_writes_total", "Files written, by result.", MetricType::Counter);
  families.add({{"result", "ok"}}, static_cast<double>(snapshot.writes));
  families.add({{"result", "failed"}}, static_cast<double>(snapshot.failed_writes));
  return families.text();
}

std::string standing_text(const Snapshot& snapshot) {
  std::string text;
  const auto line = [&](const std::string& what) { text += shown(what) + "\n"; };
  if (!snapshot.obstacle.empty()) line("nothing is written: " + snapshot.obstacle);
  if (!snapshot.settings_valid) line("the settings are not understood, and those before hold; the log says why");
  line("files held: " + std::to_string(snapshot.held_files) + "; left to people: " + std::to_string(snapshot.left_files));
  line("CPUs taken offline: " + std::to_string(snapshot.resting_cpus) +
       (snapshot.cores_note.empty() ? "" : "; not more, because " + snapshot.cores_note));
  for (const std::string& remark : snapshot.remarks) line("not as the settings say: " + remark);
  return text;
}

}  // namespace drover::nodepower
