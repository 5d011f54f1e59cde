// The demo where nobody watches a terminal: one line for each thing that happened. Pure functions, no escape codes.
#pragma once

#include <string>
#include <vector>

#include "demo/day.h"

namespace drover {

// What is shown, before it begins.
[[nodiscard]] std::string opening_line(const DemoDay& day);
// "03:00  11 of 20 nodes on, ...": at the end of an hour; `moves_before` is how many moves had been begun at its beginning.
[[nodiscard]] std::string hour_line(const DemoDay& day, std::size_t moves_before);
// "00:15  node-14 retires: it takes no more VMs (node-14 is the least loaded ...)"
[[nodiscard]] std::string change_line(const DemoChange& change);

}  // namespace drover
