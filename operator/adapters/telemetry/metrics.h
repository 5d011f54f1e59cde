// Every metric that Drover has, in one table: name, kind, labels, help. A name that is not here does not exist.
//
// Names follow Prometheus' conventions: drover_ in front, base units at the end, _total on counters. No label ever holds the
// name of a virtual machine, so the number of series grows with policies and nodes of the API, not with the herd.
#pragma once

#include <span>
#include <string_view>

namespace drover {

enum class MetricKind { Counter, Gauge, Histogram };

struct MetricInfo {
  std::string_view name;
  MetricKind kind;
  std::string_view help;
  std::span<const double> buckets = {};  // upper bounds; histograms only
};

[[nodiscard]] std::span<const MetricInfo> all_metrics();

}  // namespace drover
