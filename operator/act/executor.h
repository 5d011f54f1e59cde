// Executor: carries the core's effects out on threads of its own and hands back what came of them.
//
// Lanes keep what is slow from holding up what matters, and keep order where it counts. The creates and cancels of one VM run one
// after the other, in the order of dispatch. So do statuses and news, all of them: a status that says what has happened is not
// written before its news is told, so a crash between the two loses none. Samples run beside each other. A lane holds a fixed
// number of effects; an effect that finds its lane full is answered at once as Retryable, so dispatch never blocks.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "act/perform.h"
#include "core/effect.h"
#include "core/event.h"
#include "ports/log.h"
#include "ports/telemetry.h"

namespace drover {

struct ExecutorOptions {
  int movers = 4;           // threads for creates and cancels
  int samplers = 4;         // threads for samples
  std::size_t lane = 1024;  // effects that may wait in each lane
};

class Executor {
 public:
  // Takes SignalSampled, UseSampled or EffectDone. Called on the executor's threads, or from within dispatch; must not block.
  using Report = std::function<void(Event)>;

  Executor(Means means, Log& log, Telemetry& telemetry, ExecutorOptions options, Report report);
  // Stops at once: running calls are cancelled.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // One thread only.
  void dispatch(Effect effect);
  // Begins nothing more, lets running calls end for so long, then cancels them. A second call does nothing.
  void shut_down(Duration grace);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace drover
