// SIGTERM and SIGINT, taken by waiting for them instead of by interrupting something.
#pragma once

#include "base/time.h"

namespace drover {

// Before any thread is started: the signals wait until they are asked for.
void hold_end_signals();

// Blocks until SIGTERM or SIGINT; from then on a second one ends the process at once, with exit code 1.
void wait_for_end_signal();

// Whether SIGTERM or SIGINT came, or comes within `patience`.
[[nodiscard]] bool end_signal_within(Duration patience);

}  // namespace drover
