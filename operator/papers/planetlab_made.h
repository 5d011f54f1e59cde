// Made days of CPU use, of the kind that PlanetLab's traces are: most VMs want little, many nothing at times, and all of them have
// sudden peaks that pass at once. For tests and for whoever has no real traces.
//
// The same seed gives the same day on every machine. Pure.
#pragma once

#include <cstdint>

#include "papers/planetlab_trace.h"

namespace drover::papers {

[[nodiscard]] UseTraces make_use_traces(int vms, std::uint64_t seed);

}  // namespace drover::papers
