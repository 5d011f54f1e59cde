// What the loop shows of itself over HTTP: whether it is ready, and what it sees and intends. Loop thread only.
#pragma once

#include <string>

#include "control/loop.h"

namespace drover {

struct ReadyPage {
  bool ready = false;
  std::string text;  // one line a fact; names each resource that can't be read, and why
};
[[nodiscard]] ReadyPage ready_page(const Loop& loop);

// A JSON object: summary, policies, moves in flight, latest decisions.
[[nodiscard]] std::string debug_page(const Loop& loop);

}  // namespace drover
