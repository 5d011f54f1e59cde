#include "app/crash_point.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>

namespace drover {

std::function<void(std::string_view)> crash_point_from_environment() {
  const char* text = std::getenv("DROVER_CRASH_POINT");
  const long at = text != nullptr ? std::atol(text) : 0;
  if (at <= 0) return [](std::string_view) {};
  const std::string_view all = text;
  const auto space = all.find(' ');
  return [left = std::make_shared<std::atomic<long>>(at),
          only = space == std::string_view::npos ? std::string() : std::string(all.substr(space + 1))](std::string_view effect) {
    if (effect.find(only) != std::string_view::npos && --*left == 0) kill(getpid(), SIGKILL);
  };
}

}  // namespace drover
