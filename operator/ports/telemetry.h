// Counters, gauges and histograms about Drover itself, by Prometheus' conventions. The adapter knows the help text and unit
// of every name (adapters/telemetry); an unknown name is a bug and aborts.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

namespace drover {

using MetricLabels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

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
