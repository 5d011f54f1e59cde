// Time zones from the system's database (/usr/share/zoneinfo). Thread-safe.
#pragma once

#include <string>

#include "base/result.h"
#include "model/time_zone.h"

namespace drover {

// The rules of a zone by its IANA name ("Europe/Berlin"), from 1970 to 20 years after `now`, or to where the database's list of
// changes ends (2037 in Debian's); the last offset holds from there on.
// Invalid: no such zone (with the nearest name that there is), or no database on this machine.
[[nodiscard]] Result<TimeZone> load_time_zone(const std::string& name, Instant now);

}  // namespace drover
