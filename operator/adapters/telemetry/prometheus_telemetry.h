// Telemetry in a prometheus-cpp registry, and its text for /metrics.
//
// Thread safety: all calls, from any thread.
#pragma once

#include <memory>
#include <string>

#include "ports/telemetry.h"

namespace drover {

class PrometheusTelemetry final : public Telemetry {
 public:
  PrometheusTelemetry();
  ~PrometheusTelemetry() override;

  void count(std::string_view name, MetricLabels labels, double by) override;
  void gauge(std::string_view name, MetricLabels labels, double value) override;
  void observe(std::string_view name, MetricLabels labels, double value) override;
  void forget(std::string_view name, MetricLabels labels) override;

  // The exposition format 0.0.4, figures of the process itself included.
  [[nodiscard]] std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace drover
