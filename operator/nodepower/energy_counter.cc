#include "nodepower/energy_counter.h"

namespace drover::nodepower {

void EnergyCounter::add(Duration now, std::optional<std::uint64_t> microjoules, std::optional<std::uint64_t> range) {
  const Duration passed = since_ ? now - *since_ : Duration::zero();
  std::optional<double> more;
  if (microjoules && last_ && passed > Duration::zero() && passed <= kLongestGap) {
    if (*microjoules >= *last_) {
      more = static_cast<double>(*microjoules - *last_) / 1e6;
    } else if (range && *range >= *last_) {
      more = static_cast<double>(*range - *last_ + *microjoules) / 1e6;
    }
    if (more && *more > kMostWatts * to_seconds(passed)) more.reset();
  }
  if (more) {
    joules_ += *more;
  } else if (since_) {
    unmetered_seconds_ += to_seconds(passed);
  }
  last_ = microjoules;
  since_ = now;
}

}  // namespace drover::nodepower
