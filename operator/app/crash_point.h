// FOR TESTS ONLY. With DROVER_CRASH_POINT=N in the environment, the process kills itself (SIGKILL) when it comes to the Nth effect
// boundary since it began: just before or just after a call that changes something outside. With "N TEXT", as in "2 Waking", only
// effects count whose name (act/executor.cc) has that text in it. Without it, nothing happens.
//
// It is compiled in always, so that what is tested is what ships.
#pragma once

#include <functional>
#include <string_view>

namespace drover {

// To be called at each boundary; thread-safe.
[[nodiscard]] std::function<void(std::string_view effect)> crash_point_from_environment();

}  // namespace drover
