// What the commands write for people: nothing of it drives a terminal, and nothing of it is lost in silence.
#pragma once

#include <string>

#include "base/result.h"

namespace drover {

// A line on standard error, "drover: ...".
void say(const std::string& message);
// The same of an error, with its class where that says more than that it may be tried again.
void say(const Error& error);
// Says it; the exit code of wrong usage.
[[nodiscard]] int wrong(const Error& error);

// Writes out what standard output still holds. The exit code, or kExitFailed when not all of it could be written, which standard
// error tells; but of a reader that has seen enough, as of `| head`.
[[nodiscard]] int finish_output(int exit_code);

}  // namespace drover
