// What the kernel says about this process, under the names that every Prometheus client library uses:
// process_resident_memory_bytes, process_cpu_seconds_total, process_start_time_seconds, process_open_fds.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace drover {

// Read from /proc at each call; what can't be read is left out. Thread-safe.
[[nodiscard]] std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace drover
