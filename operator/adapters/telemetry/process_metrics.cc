#include "adapters/telemetry/process_metrics.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace drover {
namespace {

prometheus::MetricFamily family(const char* name, const char* help, prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return {name, help, type, {std::move(metric)}};
}

struct ProcessTimes {
  double cpu_seconds = 0;
  double started_after_boot_seconds = 0;
};

// /proc/self/stat: fields 14 and 15 are user and system time, 22 the start, all in clock ticks. The second field is a file
// name in parentheses and may hold blanks, so counting begins behind the last parenthesis.
std::optional<ProcessTimes> process_times() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const auto end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(end_of_name + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  for (int field = 16; field < 22; ++field) fields >> skipped;
  double start = 0;
  fields >> start;
  if (!fields) return std::nullopt;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return ProcessTimes{(user + system) / ticks, start / ticks};
}

std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    if (word != "btime") continue;
    double seconds = 0;
    if (file >> seconds) return seconds;
  }
  return std::nullopt;
}

std::optional<double> resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  if (!(file >> total >> resident)) return std::nullopt;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::optional<double> open_files() {
  std::error_code failed;
  double count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", failed), end; !failed && it != end; it.increment(failed)) ++count;
  if (failed) return std::nullopt;
  return count - 1;  // the directory itself was open
}

}  // namespace

std::vector<prometheus::MetricFamily> process_metrics() {
  using enum prometheus::MetricType;
  std::vector<prometheus::MetricFamily> families;
  if (const auto times = process_times()) {
    families.push_back(
        family("process_cpu_seconds_total", "User and system CPU time of this process, in seconds.", Counter, times->cpu_seconds));
    if (const auto boot = boot_time()) {
      families.push_back(family("process_start_time_seconds", "Unix time in seconds at which this process began.", Gauge,
                                *boot + times->started_after_boot_seconds));
    }
  }
  if (const auto bytes = resident_bytes()) {
    families.push_back(family("process_resident_memory_bytes", "Resident memory of this process, in bytes.", Gauge, *bytes));
  }
  if (const auto files = open_files()) {
    families.push_back(family("process_open_fds", "Open file descriptors of this process.", Gauge, *files));
  }
  return families;
}

}  // namespace drover
