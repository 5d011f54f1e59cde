// EffectRun: what one effect takes, as a state machine: the calls in their order, preconditions checked just before, and what came
// of it known at the end. Told what a call was answered, it says what to do next. No I/O, no clock, no threads, so the same machine
// runs on threads (act/perform.h) and in the simulator's time (sim/effect_driver.h), where faults strike before, during and after
// its calls.
//
// Outcomes are classified for the core: Conflict when the world is not as the effect supposes (decide again), Invalid when
// KubeVirt's admission says no, Denied without the right, Retryable when it may work later, Cancelled when stopped or no longer the
// leader. Never UnknownOutcome: what may or may not have been done is read until it is known, or until nothing could be read for
// minutes; or the effect is such that repeating it does no harm.
//
// Thread safety: none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "core/effect.h"
#include "ports/kube_call.h"

namespace drover {

// Switches a node by its driver; the order is taken, or an Error.
struct PowerOrder {
  NodeDriver driver;
  PowerRequest request = PowerRequest::On;
};

class EffectRun {
 public:
  struct Pause {
    Duration length{};
  };
  using Done = Result<std::string>;  // of a create the uid of the migration; else an empty text
  using Step = std::variant<Call, PowerOrder, Pause, Done>;

  virtual ~EffectRun() = default;
  EffectRun() = default;
  EffectRun(const EffectRun&) = delete;
  EffectRun& operator=(const EffectRun&) = delete;

  // What to do now. A Call or a PowerOrder is to be made and its answer heard, a Pause to be waited for, before it is asked again.
  // `may_act`: this process leads, at this moment; nothing is asked for by one that does not.
  [[nodiscard]] Step next(bool may_act);
  // `now` is monotonic, and so are all times in here.
  virtual void hear(Result<std::string> answer, Duration now) = 0;

 protected:
  [[nodiscard]] virtual Step call() const = 0;
  void pause(Duration length) { pause_ = length; }
  void done(Result<std::string> outcome) { outcome_ = std::move(outcome); }

 private:
  Duration pause_{};
  std::optional<Result<std::string>> outcome_;
};

// `instance` is the reportingInstance of Events: which replica. Null for a sample, which takes no calls to the API server.
[[nodiscard]] std::unique_ptr<EffectRun> begin(const EffectBody& effect, const std::string& instance);

// What an effect ends with when this process may not act.
[[nodiscard]] Error not_leading();

}  // namespace drover
