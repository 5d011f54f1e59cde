// The status of a PowerProfile: written for people, of which Drover itself reads when the condition Ready last changed.
#pragma once

#include <string>

#include "model/power.h"

namespace drover {

class JsonValue;

// As server-side apply takes it.
[[nodiscard]] std::string encode_power_profile_status(const std::string& profile, const PowerProfileStatus& status);
void read_power_profile_status(JsonValue status, PowerProfile& profile);

}  // namespace drover
