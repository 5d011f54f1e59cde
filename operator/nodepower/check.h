// `drover-nodepower check`: what this machine is and can do, and what the settings would write. Nothing is written. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nodepower/machine.h"
#include "nodepower/meters.h"
#include "nodepower/wish.h"

namespace drover::nodepower {

struct CheckReport {
  Machine machine;
  std::string core_obstacle;  // why no core may go offline; empty: nothing is in the way
  std::vector<RaplZone> rapl;
  std::vector<HwmonSensor> hwmon;
  std::optional<Wish> wish;  // of the settings, if there are any, with all cores idle
};

[[nodiscard]] std::string check_text(const CheckReport& report);
[[nodiscard]] std::string check_json(const CheckReport& report);

}  // namespace drover::nodepower
