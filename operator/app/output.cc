#include "app/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "app/flags.h"
#include "base/shown.h"

namespace drover {

void say(const std::string& message) {
  std::cerr << "drover: " << shown(message) << "\n";
}

void say(const Error& error) {
  say(error.cls == ErrorClass::Retryable ? error.message : to_string(error));
}

int wrong(const Error& error) {
  say(error.message);
  return kExitWrongUsage;
}

int finish_output(int exit_code) {
  if (std::cout.flush()) return exit_code;
  // Which of the writes has failed, and why, the stream does not tell; one more fails for the same reason.
  errno = 0;
  const bool failed = ::write(STDOUT_FILENO, "\n", 1) < 0;
  if (!failed || errno != EPIPE) {
    say(std::string("can't write to standard output") + (failed ? std::string(": ") + std::strerror(errno) : ""));
  }
  return kExitFailed;
}

}  // namespace drover
