// A decision as JSON: for the debug page, `drover plan` and `drover explain`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "model/decision.h"

namespace drover {

// The same names as in the status of a policy. Absent figures are left out.
[[nodiscard]] nlohmann::ordered_json to_json(const Decision& decision);

}  // namespace drover
