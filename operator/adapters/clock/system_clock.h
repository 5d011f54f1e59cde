// The system's clocks. Thread-safe.
#pragma once

#include "ports/clock.h"

namespace drover {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  // CLOCK_BOOTTIME, which goes on while the machine is suspended: a leader that wakes up must not think that no time has
  // passed.
  [[nodiscard]] Duration monotonic() const override;
};

}  // namespace drover
