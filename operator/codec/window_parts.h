// A window of time as the API writes it, alone or as part of what holds in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/json_value.h"
#include "codec/policy_settings.h"
#include "model/policy.h"

namespace drover {

// A window, or the part of a budget or of a wake test that says when it holds. Its cron is called schedule there.
struct WindowParts {
  std::optional<std::string> cron;
  std::optional<Duration> duration;
  std::string time_zone = "UTC";

  bool read_field(std::string_view key, JsonValue value, Problem& problem) {
    if (key == "cron" || key == "schedule") {
      cron = value.string();
    } else if (key == "duration") {
      duration = read_duration(value, Duration::zero(), problem);
      if (*duration <= Duration::zero()) problem.at(value, "a window of no length never opens; write for example 6h");
    } else if (key == "timeZone") {
      time_zone = value.string();
    } else {
      return false;
    }
    return true;
  }
  [[nodiscard]] Window window() const { return {cron.value_or(""), duration.value_or(Duration::zero()), time_zone}; }
};

}  // namespace drover
