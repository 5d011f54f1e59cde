// Counters, gauges and histograms about Drover itself, by Prometheus' conventions. The adapter knows the help text and unit
// of every name (adapters/telemetry); an unknown name is a bug and aborts.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace drover {

using MetricLabels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// An error class as the value of a label: "retryable", "unknown_outcome". Never changes, as to_string's words may.
[[nodiscard]] std::string_view metric_label(ErrorClass cls);

class Telemetry {
 public:
  virtual ~Telemetry() = default;
  // All thread-safe and cheap.
  virtual void count(std::string_view name, MetricLabels labels, double by = 1) = 0;
  virtual void gauge(std::string_view name, MetricLabels labels, double value) = 0;
  virtual void observe(std::string_view name, MetricLabels labels, double value) = 0;  // histogram
  // The thing that the labels name is gone: so is its series.
  virtual void forget(std::string_view /*name*/, MetricLabels /*labels*/) {}
};

}  // namespace drover
