// A counter of microjoules that wraps, as joules since this program began to look. Pure: time is an argument.
//
// RAPL's energy_uj counts to max_energy_range_uj and begins again at 0 (Documentation/power/powercap/powercap.rst), after a few
// minutes to an hour under load. A stretch in which it may have wrapped more than once, or was set anew, is not guessed: it counts
// as unmetered.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace drover::nodepower {

class EnergyCounter {
 public:
  // `range`: the highest value before it wraps; empty: it does not wrap, or nobody says where.
  void add(Duration now, std::optional<std::uint64_t> microjoules, std::optional<std::uint64_t> range);

  // Empty while it can't be read, and before it ever was.
  [[nodiscard]] std::optional<double> joules() const { return last_ ? std::optional(joules_) : std::nullopt; }
  [[nodiscard]] double unmetered_seconds() const { return unmetered_seconds_; }

  static constexpr Duration kLongestGap = minutes{1};
  static constexpr double kMostWatts = 10'000;  // of one zone; more is a counter that was set anew

 private:
  std::optional<std::uint64_t> last_;
  std::optional<Duration> since_;  // of the last look
  double joules_ = 0;
  double unmetered_seconds_ = 0;
};

}  // namespace drover::nodepower
