// Live migration as pre-copy: memory is sent in rounds while the guest runs on and dirties it again; when what is left fits the
// downtime that is allowed, the guest is stopped, the rest is sent, and it goes on at the target (Clark et al. 2005; QEMU's ram
// migration). A copy that never gets there is ended by KubeVirt: completionTimeoutPerGiB, progressTimeout, post-copy.
//
// Units: bytes, bytes per second. The bandwidth may change at any time (the link is shared): advance() with the old one first.
// Pure value.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace drover::sim {

struct PreCopySettings {
  double memory_bytes = 0;                      // that is in use, and sent in the first round
  double dirty_bytes_per_second = 0;            // never more of it in a round than memory_bytes
  Duration downtime_limit = milliseconds{300};  // QEMU's default in libvirt
  Duration completion_timeout{};                // zero: none
  Duration progress_timeout{};                  // zero: none
  bool auto_converge = false;  // the guest is slowed down by 20 %, then by 10 % more after each round without progress
  bool post_copy = false;      // at the completion timeout the guest goes on at the target and fetches the rest
};

class PreCopy {
 public:
  enum class State { Copying, PostCopy, Stopped, Done, Failed };  // Stopped: the guest is down and the rest is sent

  PreCopy() = default;
  explicit PreCopy(const PreCopySettings& settings);

  // How long until something changes by itself at this bandwidth: a round ends, a timeout strikes. Bandwidth must be above 0.
  [[nodiscard]] Duration until_change(double bandwidth) const;
  // Lets time pass: at most until_change.
  void advance(Duration time, double bandwidth);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool over() const { return state_ == State::Done || state_ == State::Failed; }
  [[nodiscard]] Duration elapsed() const { return elapsed_; }
  [[nodiscard]] Duration downtime() const { return downtime_; }
  [[nodiscard]] double sent_bytes() const { return sent_; }
  [[nodiscard]] int rounds() const { return rounds_; }
  [[nodiscard]] const char* failure() const { return failure_; }

 private:
  void end_round(double bandwidth);
  [[nodiscard]] double dirty_rate() const { return settings_.dirty_bytes_per_second * speed_; }

  PreCopySettings settings_;
  State state_ = State::Copying;
  double round_left_ = 0;  // still to be sent in this round
  double dirty_ = 0;       // dirtied meanwhile, for the next
  double speed_ = 1;       // of the guest, under auto-converge
  double least_ = 0;       // remaining at the end of a round, the lowest so far
  Duration since_least_{};
  Duration elapsed_{};
  Duration downtime_{};
  double sent_ = 0;
  int rounds_ = 1;
  const char* failure_ = "";
};

// A whole copy at one bandwidth.
[[nodiscard]] PreCopy copy_at(const PreCopySettings& settings, double bandwidth);

}  // namespace drover::sim
