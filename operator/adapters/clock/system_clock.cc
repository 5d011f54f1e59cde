#include "adapters/clock/system_clock.h"

#include <time.h>

#include <chrono>

#include "base/check.h"

namespace drover {

Instant SystemClock::now() const {
  return std::chrono::system_clock::now();
}

Duration SystemClock::monotonic() const {
  timespec reading{};
  DROVER_CHECK(clock_gettime(CLOCK_BOOTTIME, &reading) == 0);
  return seconds{reading.tv_sec} + Duration{reading.tv_nsec};
}

}  // namespace drover
