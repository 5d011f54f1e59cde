// `drover node`, on the cluster that the flags name.
#include <iostream>
#include <thread>

#include "adapters/clock/system_clock.h"
#include "app/access.h"
#include "app/commands.h"
#include "app/output.h"
#include "app/wish.h"

namespace drover {

int run_node(const NodeFlags& flags) {
  const SystemClock clock;
  const auto log = open_log(flags.cluster);
  const auto access = open_access(flags.cluster, clock, *log);
  if (!access) {
    say(access.error());
    return kExitFailed;
  }
  const auto pause = [](Duration time) { std::this_thread::sleep_for(time); };
  return wish({.api = *access->api, .clock = clock, .pause = pause, .out = std::cout, .err = std::cerr}, flags);
}

}  // namespace drover
