// A clock that stands still until a test moves it. Thread-safe.
#pragma once

#include <atomic>

#include "ports/clock.h"

namespace drover::test {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start = Instant{seconds{1'800'000'000}}) : wall_(start.time_since_epoch().count()) {}

  [[nodiscard]] Instant now() const override { return Instant{Duration{wall_.load()}}; }
  [[nodiscard]] Duration monotonic() const override { return Duration{monotonic_.load()}; }

  void advance(Duration by) {
    wall_ += by.count();
    monotonic_ += by.count();
  }
  // The wall clock is set; monotonic time doesn't notice.
  void step_wall(Duration by) { wall_ += by.count(); }

 private:
  std::atomic<Duration::rep> wall_;
  std::atomic<Duration::rep> monotonic_{Duration{hours{1}}.count()};
};

}  // namespace drover::test
