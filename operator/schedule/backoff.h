// Exponential backoff with jitter. The random number is an argument, so that simulations repeat.
//
// Thread safety: none; the owner locks.
#pragma once

#include "base/time.h"

namespace drover {

struct BackoffSettings {
  Duration first = milliseconds{800};
  Duration cap = seconds{30};
  double factor = 2;
  double jitter = 0.5;  // share of the delay that is drawn at random: 0.5 gives between half of it and all of it
};

class Backoff {
 public:
  explicit Backoff(BackoffSettings settings = {}) : settings_(settings) {}

  // The delay before the next try, longer each time. `random` is drawn evenly from [0, 1).
  [[nodiscard]] Duration next(double random);
  // After a success.
  void reset() { failures_ = 0; }
  [[nodiscard]] int failures() const { return failures_; }

 private:
  BackoffSettings settings_;
  int failures_ = 0;
};

}  // namespace drover
