// Runs a program and collects what it prints, without a shell. Thread-safe.
#pragma once

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace drover::kube {

struct Program {
  std::string command;  // with a slash: a path; without: searched for in PATH
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // beside our own, and before it
  Duration timeout = seconds{30};
  std::size_t max_output_bytes = 1 << 20;
};

struct ProgramResult {
  int exit_code = 0;  // 128 + the signal when one ended it
  std::string output;
  std::string error_text;  // its standard error, at most 4 KiB
};

// Standard input is empty. The program and what it started are killed when time is up or on stop.
// NotFound: there is no such program. Retryable: it took too long. Invalid: it printed too much. Cancelled.
[[nodiscard]] Result<ProgramResult> run_program(const Program& program, std::stop_token stop);

}  // namespace drover::kube
