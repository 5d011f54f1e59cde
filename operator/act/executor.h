// Executor: carries the core's effects out on threads of its own (act/lanes.h: which, and in which order) and hands back what came
// of them. An effect that finds too many waiting is answered at once as Retryable, so dispatch never blocks.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "act/lanes.h"
#include "act/perform.h"
#include "core/effect.h"
#include "core/event.h"
#include "ports/log.h"
#include "ports/telemetry.h"

namespace drover {

class Executor {
 public:
  // Takes SignalSampled, UseSampled, PowerSampled, RoundHeld or EffectDone. Called on the executor's threads, or from within
  // dispatch; must not block.
  using Report = std::function<void(Event)>;

  Executor(Means means, Log& log, Telemetry& telemetry, Report report, LaneLimits limits = {});
  // Stops at once: running calls are cancelled.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // One thread only, and so is forget().
  void dispatch(Effect effect);
  // Whoever asked for what was dispatched until now has forgotten it, because it does not lead, or no longer did: of that nothing
  // is begun any more, and what runs makes no further call.
  void forget();
  // Begins nothing more, lets running calls end for so long, then cancels them. A second call does nothing.
  void shut_down(Duration grace);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace drover
