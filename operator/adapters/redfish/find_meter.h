// A node's meter: which of its chassis' resources has a reading, asked in a fixed order: EnvironmentMetrics, Power, the metrics of
// PowerSubsystem's supplies. Of several chassis the first that has one counts; they are never summed, since one may hold another.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/redfish/conversation.h"
#include "adapters/redfish/meter.h"

namespace drover::redfish {

// What was found of one chassis.
struct Meter {
  Chassis chassis;
  std::vector<std::pair<std::string, std::string>> supplies;  // links of each and of its Metrics
};

// The system's chassis; supplies are looked for only where there is nothing better.
[[nodiscard]] std::vector<Meter> find_meters(Conversation& with, const std::vector<std::string>& chassis);
// Empty: none has a reading that can be believed now.
[[nodiscard]] std::optional<MeterReading> read_meters(Conversation& with, const std::vector<Meter>& meters, Believable believable);

}  // namespace drover::redfish
