// SIGTERM and SIGINT, taken by waiting for them instead of by interrupting something.
#pragma once

namespace drover {

// Before any thread is started: the signals wait until they are asked for.
void hold_end_signals();

// Blocks until SIGTERM or SIGINT; from then on a second one ends the process at once, with exit code 1.
void wait_for_end_signal();

}  // namespace drover
