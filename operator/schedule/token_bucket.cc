#include "schedule/token_bucket.h"

#include <algorithm>

#include "base/check.h"

namespace drover {

TokenBucket::TokenBucket(double per_second, double burst) : per_second_(per_second), burst_(burst), tokens_(burst) {
  DROVER_CHECK(per_second > 0 && burst >= 1);
}

Duration TokenBucket::take(Duration now) {
  if (now > filled_) {
    tokens_ = std::min(burst_, tokens_ + to_seconds(now - filled_) * per_second_);
    filled_ = now;
  }
  tokens_ -= 1;
  return tokens_ >= 0 ? Duration::zero() : from_seconds(-tokens_ / per_second_);
}

}  // namespace drover
