// Waiting that a stop_token ends at once.
#pragma once

#include <functional>
#include <stop_token>

#include "base/time.h"

namespace drover {

// Blocks for so long; false when the token stopped it. Tests put one of their own in its place, which moves a clock by hand.
using Wait = std::function<bool(Duration, std::stop_token)>;

// The real one. Thread-safe.
[[nodiscard]] bool wait_for(Duration duration, std::stop_token stop);

}  // namespace drover
