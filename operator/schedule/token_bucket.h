// A token bucket that paces calls. Time is an argument: a monotonic reading (ports/clock.h), never the wall clock.
//
// Thread safety: none; the owner locks.
#pragma once

#include "base/time.h"

namespace drover {

class TokenBucket {
 public:
  // `per_second` tokens flow in, up to `burst`; full at first. Both must be above zero.
  TokenBucket(double per_second, double burst);

  // Takes a token, from the future if there is none now, and says how long its taker must wait before acting. Takers are
  // thereby served in the order in which they came.
  [[nodiscard]] Duration take(Duration now);

 private:
  double per_second_;
  double burst_;
  double tokens_;  // below zero: promised to takers who still wait
  Duration filled_{};
};

}  // namespace drover
