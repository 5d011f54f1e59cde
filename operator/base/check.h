// DROVER_CHECK: an assertion on our own invariants. It stays on in release builds: a decision engine that has lost its mind
// must stop before it acts. Never use it on what the cluster, a file or a user says; those are Errors (base/result.h).
#pragma once

namespace drover {

// Prints "FILE:LINE: check failed: EXPRESSION" to standard error and aborts.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace drover

#define DROVER_CHECK(expression) \
  (static_cast<bool>(expression) ? static_cast<void>(0) : ::drover::check_failed(#expression, __FILE__, __LINE__))
