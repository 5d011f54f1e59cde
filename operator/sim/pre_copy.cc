#include "sim/pre_copy.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace drover::sim {
namespace {

constexpr double kFirstThrottle = 0.2;
constexpr double kMoreThrottle = 0.1;
constexpr double kLeastSpeed = 0.01;
constexpr double kNothing = 0.5;  // bytes: less is nothing left

Duration round_up(double seconds) {
  return Duration(static_cast<Duration::rep>(std::ceil(std::min(seconds, 1e9) * 1e9)));
}

}  // namespace

PreCopy::PreCopy(const PreCopySettings& settings)
    : settings_(settings), round_left_(settings.memory_bytes), least_(settings.memory_bytes) {}

Duration PreCopy::until_change(double bandwidth) const {
  DROVER_CHECK(bandwidth > 0);
  Duration soonest = round_up(round_left_ / bandwidth);
  if (state_ != State::Copying) return soonest;
  if (settings_.completion_timeout > Duration::zero()) soonest = std::min(soonest, settings_.completion_timeout - elapsed_);
  if (settings_.progress_timeout > Duration::zero()) soonest = std::min(soonest, settings_.progress_timeout - since_least_);
  return std::max(soonest, Duration::zero());
}

void PreCopy::advance(Duration time, double bandwidth) {
  if (over()) return;
  const double seconds = to_seconds(time);
  const double bytes = std::min(round_left_, bandwidth * seconds);
  round_left_ -= bytes;
  sent_ += bytes;
  elapsed_ += time;
  if (state_ == State::Copying) {
    dirty_ = std::min(settings_.memory_bytes, dirty_ + dirty_rate() * seconds);
    since_least_ += time;
  }
  if (state_ == State::Stopped) downtime_ += time;
  if (round_left_ <= kNothing) return end_round(bandwidth);
  if (state_ != State::Copying) return;
  if (settings_.completion_timeout > Duration::zero() && elapsed_ >= settings_.completion_timeout) {
    if (settings_.post_copy) {
      state_ = State::PostCopy;
      downtime_ += settings_.downtime_limit;
      round_left_ += dirty_;
      dirty_ = 0;
      return;
    }
    state_ = State::Failed;
    failure_ = "Live migration is not completed in time and has been aborted";
  } else if (settings_.progress_timeout > Duration::zero() && since_least_ >= settings_.progress_timeout) {
    state_ = State::Failed;
    failure_ = "Live migration stuck: no progress, and has been aborted";
  }
}

void PreCopy::end_round(double bandwidth) {
  if (state_ != State::Copying) {
    state_ = State::Done;
    return;
  }
  ++rounds_;
  const double left = dirty_;
  if (left < least_) {
    least_ = left;
    since_least_ = Duration::zero();
  } else if (settings_.auto_converge) {
    speed_ = std::max(kLeastSpeed, speed_ == 1 ? 1 - kFirstThrottle : speed_ - kMoreThrottle);
  }
  round_left_ = left;
  dirty_ = 0;
  if (left <= bandwidth * to_seconds(settings_.downtime_limit)) {
    state_ = left > kNothing ? State::Stopped : State::Done;
  }
}

PreCopy copy_at(const PreCopySettings& settings, double bandwidth) {
  PreCopy copy(settings);
  while (!copy.over()) copy.advance(copy.until_change(bandwidth), bandwidth);
  return copy;
}

}  // namespace drover::sim
