// How much of the machine's CPUs is in use, from /proc/stat. Pure: time is an argument.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace drover::nodepower {

// The time that all CPUs together have worked since boot, in clock ticks: the line "cpu" without idle and iowait. Empty: not there.
[[nodiscard]] std::optional<std::uint64_t> busy_ticks(std::string_view stat);

// What was in use lately, in CPUs (2.5: two and a half of them had work all the time).
class UseHistory {
 public:
  explicit UseHistory(double ticks_per_second) : ticks_per_second_(ticks_per_second) {}

  // `ticks` empty: it could not be read. After a gap of more than kLongestGap everything begins anew: what was in use is not known.
  void add(Duration now, std::optional<std::uint64_t> ticks, std::size_t online_cpus);

  struct Use {
    double peak_cpus = 0;       // the highest of the window
    bool whole_window = false;  // it was watched for as long as the window
    bool crowded = false;       // nearly all that is online is in use now, and more might be wanted
  };
  // Empty: not known.
  [[nodiscard]] std::optional<Use> use(Duration now, Duration window) const;

  static constexpr Duration kLongestGap = minutes{1};
  static constexpr double kCrowded = 0.8;

 private:
  struct Sample {
    Duration from;
    Duration to;
    double cpus;
    double online;
  };
  const double ticks_per_second_;
  std::optional<std::uint64_t> last_ticks_;
  Duration last_{};
  std::deque<Sample> samples_;  // without gaps between them, at most a day
};

}  // namespace drover::nodepower
