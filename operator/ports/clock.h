// Where the time comes from.
#pragma once

#include "base/time.h"

namespace drover {

class Clock {
 public:
  virtual ~Clock() = default;
  // The wall clock, UTC. May step. Thread-safe.
  [[nodiscard]] virtual Instant now() const = 0;
  // Time since some start, never stepping backwards: for deadlines and leases. Thread-safe.
  [[nodiscard]] virtual Duration monotonic() const = 0;
};

}  // namespace drover
