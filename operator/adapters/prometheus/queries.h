// The PromQL that Drover asks Prometheus. Pure functions.
//
// KubeVirt's virt-handler exports kubevirt_vmi_* with the labels node, namespace and name. While a VM migrates, both nodes
// report it, and the busier series is the running VM; afterwards the source's series are stale, but a rate over them would
// go on for the length of its window. Hence "max by (namespace, name)", and "rate(x) and x", which drops stale series.
#pragma once

#include <string>

#include "base/result.h"
#include "model/policy.h"

namespace drover::prometheus {

// What to ask, and the labels that name the VM in the answer.
struct Question {
  // Of a VM that several series tell of: the largest, as in our own queries, which are made so; or nothing, unless they agree, as
  // in those of policies, where nobody knows which of them is meant.
  enum class Several { Largest, Unknown };
  std::string query;
  std::string namespace_label = "namespace";
  std::string name_label = "name";
  Several several = Several::Largest;
};

// `matchers`, such as cluster="a",zone=~"x.*", are put into each of KubeVirt's metrics that Drover asks for by itself, so that one
// Prometheus can hold the metrics of several clusters. A policy's PromQL stays as it is.
//
// Invalid for what Prometheus has no answer to: guest reports.
[[nodiscard]] Result<Question> question_for(const Signal& signal, const std::string& matchers = "");

// What is wrong with matchers, or "".
[[nodiscard]] std::string matchers_problem(const std::string& matchers);

// Per VM, now: cores used; cores waited for; bytes resident; bytes dirtied a second. The first two are irate(), between the last
// two samples within `window`: rate() would spread a series that is younger than the window, as after a move, over all of it.
[[nodiscard]] std::string cpu_cores_query(Duration window, const std::string& matchers = "");
[[nodiscard]] std::string cpu_delay_cores_query(Duration window, const std::string& matchers = "");
[[nodiscard]] std::string memory_bytes_query(const std::string& matchers = "");
[[nodiscard]] std::string dirty_bytes_query(const std::string& matchers = "");

// One number: the seconds between two scrapes of half of the VMs, or less; of those that have series for longer than the window, as
// the others' would count too few. Nothing when there are none.
[[nodiscard]] std::string scrape_seconds_query(Duration window, const std::string& matchers = "");

}  // namespace drover::prometheus
