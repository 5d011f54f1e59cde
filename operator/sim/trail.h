// The trail of a run: every decision and effect as one line of text, whose hash tells whether two runs were the same. Pure
// functions.
#pragma once

#include <string>

#include "core/effect.h"
#include "model/decision.h"

namespace drover::sim {

[[nodiscard]] std::string trail_of(const Decision& decision);
[[nodiscard]] std::string trail_of(const Effect& effect, Instant at);

}  // namespace drover::sim
