#include "adapters/prometheus/queries.h"

#include <chrono>

namespace drover::prometheus {
namespace {

constexpr const char* kCpuSeconds = "kubevirt_vmi_cpu_usage_seconds_total";
constexpr const char* kDelaySeconds = "kubevirt_vmi_vcpu_delay_seconds_total";  // one series a vCPU: label id
constexpr const char* kVcpuSeconds = "kubevirt_vmi_vcpu_seconds_total";         // one a vCPU and state

// PromQL takes no fractions; milliseconds are exact enough for any window.
std::string promql_duration(Duration d) {
  return std::to_string(std::chrono::ceil<milliseconds>(d).count()) + "ms";
}

std::string per_vm(const std::string& expression) {
  return "max by (namespace, name) (" + expression + ")";
}

// A counter's rate by `function`, of the series that are still alive.
std::string live(const char* function, const std::string& counter, Duration window) {
  return std::string(function) + "(" + counter + "[" + promql_duration(window) + "]) and " + counter;
}

std::string vcpus() {
  return "count by (namespace, name) (count by (namespace, name, id) (" + std::string(kDelaySeconds) + " or " + kVcpuSeconds + "))";
}

std::string kubevirt_query(const KubeVirtMetricSignal& signal) {
  switch (signal.metric) {
    case KubeVirtMetric::CpuUtilization: return per_vm(live("rate", kCpuSeconds, signal.window)) + " / " + vcpus();
    case KubeVirtMetric::CpuDelay:
      return per_vm("avg by (namespace, name, node) (" + live("rate", kDelaySeconds, signal.window) + ")");
    case KubeVirtMetric::MemoryUtilization:
      return per_vm("1 - kubevirt_vmi_memory_usable_bytes / kubevirt_vmi_memory_available_bytes");
  }
  return "";
}

}  // namespace

Result<Question> question_for(const Signal& signal) {
  if (const auto* promql = std::get_if<PromQlSignal>(&signal))
    return Question{promql->query, promql->namespace_label, promql->name_label};
  if (const auto* metric = std::get_if<KubeVirtMetricSignal>(&signal)) return Question{kubevirt_query(*metric)};
  return Error{ErrorClass::Invalid,
               "signal.guestReport needs Drover's agent in the guest, which this version does not have yet; use signal.promql or "
               "signal.kubevirtMetric"};
}

std::string cpu_cores_query(Duration window) {
  return per_vm(live("irate", kCpuSeconds, window));
}

std::string cpu_delay_cores_query(Duration window) {
  return per_vm("sum by (namespace, name, node) (" + live("irate", kDelaySeconds, window) + ")");
}

std::string memory_bytes_query() {
  return per_vm("kubevirt_vmi_memory_resident_bytes");
}

std::string dirty_bytes_query() {
  return per_vm("kubevirt_vmi_dirty_rate_bytes_per_second");
}

std::string scrape_seconds_query(Duration window) {
  const std::string length = promql_duration(window);
  return "quantile(0.5, " + std::to_string(to_seconds(window)) + " / (count_over_time(" + kCpuSeconds + "[" + length + "]) and " +
         kCpuSeconds + " offset " + length + "))";
}

}  // namespace drover::prometheus
