// The placement search: the fewest nodes with at most t moves (energy paper, Capman's second component), as a plan in order.
//
// A memetic search: the genome is the set of nodes to empty, the repair packs their VMs into the rest (fitter.h), and what the
// repair found is kept with the genome. It begins with the current placement and a greedy drain, and asks for one node less
// whenever a plan in order was found. Anytime: stopped at any moment it answers with the best plan so far, which never uses more
// nodes than today.
//
// Pure: it has no clock; who calls it says when time is up, or how much work it may take. The same instance, seed, work and answers
// of `out_of_time` give the same plan. Thread safety: none needed; it shares nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>

#include "placement/instance.h"

namespace drover::placement {

struct SearchOptions {
  std::uint64_t seed = 1;
  // Asked often; from the first true on the search ends. Empty: it ends by the other two alone.
  std::function<bool()> out_of_time;
  // In looks at a node or a pair of VMs, each some nanoseconds: it ends soon after so many.
  std::int64_t most_work = std::numeric_limits<std::int64_t>::max();
  int most_children = 1'000'000;  // genomes tried after the last gain
};

[[nodiscard]] Plan search(const Instance& instance, const SearchOptions& options);

// The plan of a drain without a search: the node with the fewest VMs is emptied if all of its VMs fit elsewhere, then the next.
// For tests: what the search is measured against.
[[nodiscard]] Plan greedy_drain(const Instance& instance);

}  // namespace drover::placement
