// FOR TESTS ONLY. With DROVER_CRASH_POINT=N in the environment, the process kills itself (SIGKILL) when it comes to the Nth effect
// boundary since it began: just before or just after a call that changes something outside. Without it, nothing happens.
//
// It is compiled in always, so that what is tested is what ships.
#pragma once

#include <functional>

namespace drover {

// To be called at each boundary; thread-safe.
[[nodiscard]] std::function<void()> crash_point_from_environment();

}  // namespace drover
