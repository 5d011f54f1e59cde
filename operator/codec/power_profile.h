// PowerProfile (policy.drover.dev/v1alpha1) as a PowerProfile: what nodes draw, and by which driver they are switched. That
// driver's settings are for the driver to read; the limits are not read, as nothing is switched yet.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/power.h"

namespace drover {

class JsonValue;

// As a person wrote it: Invalid too for a field that there is none of, by its path, as kubectl refuses it.
[[nodiscard]] Result<PowerProfile> decode_power_profile(std::string_view json);
[[nodiscard]] PowerProfile read_power_profile(JsonValue object);

}  // namespace drover
