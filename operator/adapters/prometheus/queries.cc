#include "adapters/prometheus/queries.h"

#include <algorithm>
#include <chrono>
#include <string_view>

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

// A metric, of the clusters that the matchers name.
std::string of(const char* metric, const std::string& matchers) {
  return matchers.empty() ? std::string(metric) : std::string(metric) + "{" + matchers + "}";
}

// A counter's rate by `function`, of the series that are still alive.
std::string live(const char* function, const std::string& counter, Duration window) {
  return std::string(function) + "(" + counter + "[" + promql_duration(window) + "]) and " + counter;
}

std::string vcpus(const std::string& matchers) {
  return "count by (namespace, name) (count by (namespace, name, id) (" + of(kDelaySeconds, matchers) + " or " +
         of(kVcpuSeconds, matchers) + "))";
}

std::string kubevirt_query(const KubeVirtMetricSignal& signal, const std::string& matchers) {
  switch (signal.metric) {
    case KubeVirtMetric::CpuUtilization:
      return per_vm(live("rate", of(kCpuSeconds, matchers), signal.window)) + " / " + vcpus(matchers);
    case KubeVirtMetric::CpuDelay:
      return per_vm("avg by (namespace, name, node) (" + live("rate", of(kDelaySeconds, matchers), signal.window) + ")");
    case KubeVirtMetric::MemoryUtilization:
      return per_vm("1 - " + of("kubevirt_vmi_memory_usable_bytes", matchers) + " / " +
                    of("kubevirt_vmi_memory_available_bytes", matchers));
  }
  return "";
}

bool is_label_name(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9'); };
  return !text.empty() && !(text.front() >= '0' && text.front() <= '9') && std::all_of(text.begin(), text.end(), fits);
}

// Takes one matcher off the front; false: there is none.
bool take_matcher(std::string_view& text) {
  const std::size_t op = text.find_first_of("=!");
  if (op == std::string_view::npos || !is_label_name(text.substr(0, op))) return false;
  text.remove_prefix(op);
  const std::size_t length = text.starts_with("=~") || text.starts_with("!=") || text.starts_with("!~") ? 2
                             : text.front() == '='                                                      ? 1
                                                                                                        : 0;
  text.remove_prefix(length);
  if (length == 0 || !text.starts_with('"')) return false;
  std::size_t end = 1;
  while (end < text.size() && text[end] != '"' && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
  if (end >= text.size() || text[end] != '"') return false;
  text.remove_prefix(end + 1);
  return true;
}

}  // namespace

std::string matchers_problem(const std::string& matchers) {
  std::string_view left = matchers;
  while (!left.empty()) {
    const bool taken = take_matcher(left) && (left.empty() || left.front() == ',');
    if (!taken) return "want label matchers such as cluster=\"prod\" or cluster=\"prod\",zone=~\"eu.*\"; have " + matchers;
    if (!left.empty()) left.remove_prefix(1);
  }
  return "";
}

Result<Question> question_for(const Signal& signal, const std::string& matchers) {
  if (const auto* promql = std::get_if<PromQlSignal>(&signal))
    return Question{promql->query, promql->namespace_label, promql->name_label, Question::Several::Unknown};
  if (const auto* metric = std::get_if<KubeVirtMetricSignal>(&signal)) return Question{kubevirt_query(*metric, matchers)};
  if (const auto* named = std::get_if<NamedSignal>(&signal))
    return Error{ErrorClass::Invalid, "Prometheus knows no signal by the name " + named->name + ", only by its query"};
  return Error{ErrorClass::Invalid,
               "signal.guestReport needs Drover's agent in the guest, which this version does not have yet; use "
               "signal.kubevirtMetric or signal.named"};
}

std::string cpu_cores_query(Duration window, const std::string& matchers) {
  return per_vm(live("irate", of(kCpuSeconds, matchers), window));
}

std::string cpu_delay_cores_query(Duration window, const std::string& matchers) {
  return per_vm("sum by (namespace, name, node) (" + live("irate", of(kDelaySeconds, matchers), window) + ")");
}

std::string memory_bytes_query(const std::string& matchers) {
  return per_vm(of("kubevirt_vmi_memory_resident_bytes", matchers));
}

std::string dirty_bytes_query(const std::string& matchers) {
  return per_vm(of("kubevirt_vmi_dirty_rate_bytes_per_second", matchers));
}

std::string scrape_seconds_query(Duration window, const std::string& matchers) {
  const std::string length = promql_duration(window);
  const std::string counter = of(kCpuSeconds, matchers);
  return "quantile(0.5, " + std::to_string(to_seconds(window)) + " / (count_over_time(" + counter + "[" + length + "]) and " +
         counter + " offset " + length + "))";
}

}  // namespace drover::prometheus
