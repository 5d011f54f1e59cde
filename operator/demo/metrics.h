// A demo's day as metrics: what the operator has under the same names, and energy, power and service levels beside it.
#pragma once

#include "demo/day.h"
#include "ports/telemetry.h"

namespace drover {

// Counters grow by what has come since the last call with an earlier state of the same day; one day for each telemetry.
class DemoMetrics {
 public:
  explicit DemoMetrics(Telemetry& telemetry) : telemetry_(telemetry) {}
  void record(const DemoDay& day);

 private:
  void grow(double& known, double now, std::string_view name, MetricLabels labels);

  Telemetry& telemetry_;
  double on_ = 0;
  double standby_ = 0;
  double boot_ = 0;
  double shutdown_ = 0;
  double all_on_ = 0;
  double starts_ = 0;
  double stops_ = 0;
  double lost_ = 0;
};

}  // namespace drover
