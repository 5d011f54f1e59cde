#include "schedule/backoff.h"

#include <algorithm>
#include <cmath>

namespace drover {

Duration Backoff::next(double random) {
  const double cap = to_seconds(settings_.cap);
  const double full = std::min(cap, to_seconds(settings_.first) * std::pow(settings_.factor, failures_));
  failures_ = std::min(failures_ + 1, 1000);  // far beyond any cap; the power stays finite or becomes a plain infinity
  return from_seconds(full * (1 - settings_.jitter * (1 - random)));
}

}  // namespace drover
