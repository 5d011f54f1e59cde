#include "nodepower/cpu_use.h"

#include <algorithm>
#include <sstream>
#include <string>

namespace drover::nodepower {

std::optional<std::uint64_t> busy_ticks(std::string_view stat) {
  // cpu  user nice system idle iowait irq softirq steal guest guest_nice; the last two are in the first two.
  std::istringstream line(std::string(stat.substr(0, stat.find('\n'))));
  std::string name;
  std::uint64_t busy = 0;
  if (!(line >> name) || name != "cpu") return std::nullopt;
  for (int field = 0; field < 8; ++field) {
    std::uint64_t ticks = 0;
    if (!(line >> ticks)) return std::nullopt;
    if (field != 3 && field != 4) busy += ticks;
  }
  return busy;
}

void UseHistory::add(Duration now, std::optional<std::uint64_t> ticks, std::size_t online_cpus) {
  if (!ticks || (last_ticks_ && (now <= last_ || now - last_ > kLongestGap || *ticks < *last_ticks_))) {
    samples_.clear();
    last_ticks_.reset();
  }
  if (ticks && last_ticks_) {
    const double seconds_passed = to_seconds(now - last_);
    samples_.push_back({last_, now, static_cast<double>(*ticks - *last_ticks_) / ticks_per_second_ / seconds_passed,
                        static_cast<double>(online_cpus)});
    while (samples_.front().to < now - hours{25}) samples_.pop_front();
  }
  last_ticks_ = ticks;
  last_ = now;
}

std::optional<UseHistory::Use> UseHistory::use(Duration now, Duration window) const {
  if (samples_.empty()) return std::nullopt;
  Use use;
  for (auto sample = samples_.rbegin(); sample != samples_.rend() && sample->to > now - window; ++sample)
    use.peak_cpus = std::max(use.peak_cpus, sample->cpus);
  use.whole_window = samples_.front().from <= now - window;
  use.crowded = samples_.back().cpus >= kCrowded * samples_.back().online;
  return use;
}

}  // namespace drover::nodepower
