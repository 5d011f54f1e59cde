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
  std::string query;
  std::string namespace_label = "namespace";
  std::string name_label = "name";
};

// Invalid for what Prometheus has no answer to: guest reports.
[[nodiscard]] Result<Question> question_for(const Signal& signal);

// Per VM, now: cores used; cores waited for; bytes resident; bytes dirtied a second. The first two are irate(), between the last
// two samples within `window`: rate() would spread a series that is younger than the window, as after a move, over all of it.
[[nodiscard]] std::string cpu_cores_query(Duration window);
[[nodiscard]] std::string cpu_delay_cores_query(Duration window);
[[nodiscard]] std::string memory_bytes_query();
[[nodiscard]] std::string dirty_bytes_query();

// One number: the seconds between two scrapes of half of the VMs, or less; of those that have series for longer than the window, as
// the others' would count too few. Nothing when there are none.
[[nodiscard]] std::string scrape_seconds_query(Duration window);

}  // namespace drover::prometheus
