// What Drover watches of a cluster, and how.
#pragma once

#include <set>
#include <vector>

#include "reflect/watcher.h"

namespace drover {

// One entry for each kind.
[[nodiscard]] std::vector<reflect::WatcherOptions> all_watches();
[[nodiscard]] std::set<Kind> all_kinds();

}  // namespace drover
