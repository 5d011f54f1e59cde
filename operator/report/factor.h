// Factor: what a kilowatt-hour costs or emits, hour by hour: a constant, or a series.
//
// A series is JSON as carbon data come (Carbon Aware SDK, its Kubernetes ConfigMap): an array of {"timestamp": RFC 3339,
// "duration": minutes, "value": number, "location"?: text}, "time" standing for "timestamp" too. Where two cover an instant the
// later counts. An hour that none covers has no value. A series of several locations is one only when it is said which. Pure
// values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace drover {

class Factor {
 public:
  [[nodiscard]] static Factor constant(double per_kilowatt_hour);
  // `scale` makes it per kWh: 0.001 of a series per MWh. With a location only its entries count. Invalid: the text says which entry
  // and field, or which locations there are.
  [[nodiscard]] static Result<Factor> series(std::string_view json, double scale, const std::string& location = "");

  // In the middle of the hour.
  [[nodiscard]] std::optional<double> at_hour(std::int64_t hour) const;

 private:
  struct Span {
    Instant until;
    double value;
  };
  std::optional<double> constant_;
  std::map<Instant, Span> spans_;  // by beginning
};

}  // namespace drover
