// `drover node`: what a person asks of nodes, written on them for the operator to heed (core/hands.h): to serve, to sleep, or
// nothing any more. And watching what comes of it.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "app/flags.h"
#include "ports/clock.h"
#include "ports/kube_api.h"

namespace drover {

struct WishTools {
  KubeApi& api;
  const Clock& clock;
  std::function<void(Duration)> pause;
  std::ostream& out;
  std::ostream& err;
};

// Writes the wish on each node that is named, or on all that rest, and waits until each is as wished, at most for `flags.wait`; its
// way there is told. An exit code: done only if all are. One node that is not there or cannot be written holds up none of the
// others.
[[nodiscard]] int wish(const WishTools& tools, const NodeFlags& flags);

}  // namespace drover
