// What is kept of one management controller between calls, and whose turn it is: one request at a time, because some hang under
// more, and when it may be asked again after it gave no answer.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "adapters/redfish/find_meter.h"
#include "adapters/redfish/session.h"
#include "base/mutex.h"
#include "base/result.h"
#include "ports/clock.h"

namespace drover::redfish {

// What was found out about a node's system.
struct Known {
  std::string system;                        // link
  std::optional<std::vector<Meter>> meters;  // empty: not looked for yet
  FrozenMeter frozen;
};

class Bmc {
 public:
  explicit Bmc(const Clock& clock) : clock_(clock) {}

  // Holds the turn until its end. Whoever has it may touch what the controller keeps.
  class Turn {
   public:
    explicit Turn(Bmc& bmc) : bmc_(&bmc) {}
    ~Turn() { bmc_->give_back(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // Of a node; those that were not looked up for so long are forgotten.
    [[nodiscard]] Known& known(const std::string& node, Duration forget_after);
    [[nodiscard]] std::size_t nodes() const { return bmc_->known_.size(); }
    std::optional<Session>& session() { return bmc_->session_; }
    // The error with which it is not asked at all, now that it did not answer a short time ago.
    [[nodiscard]] std::optional<Error> rests() const;
    // It has answered, whatever it said; or not.
    void answered() { bmc_->silent_times_ = 0; }
    void silent(const Error& error);

   private:
    Bmc* bmc_;
  };

  // Nothing when the turn does not come within that time, or the token stops the wait.
  [[nodiscard]] std::unique_ptr<Turn> take_turn(Duration within, std::stop_token stop);

 private:
  void give_back();

  const Clock& clock_;
  Mutex mutex_;
  ConditionVariable changed_;
  bool taken_ DROVER_GUARDED_BY(mutex_) = false;
  // What follows belongs to whoever has the turn.
  struct Kept {
    Known known;
    Duration asked{};  // for, when last
  };
  std::map<std::string, Kept> known_;
  std::optional<Session> session_;
  int silent_times_ = 0;
  Duration not_before_{};
  Error last_error_;
};

}  // namespace drover::redfish
