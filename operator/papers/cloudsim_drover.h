// Drover's strategies in CloudSim's world: each frame becomes a pool, the advice becomes moves.
//
// A host without VMs is off, as it draws nothing there, and is shown as Asleep; it can be woken at once, as CloudSim boots a host
// in no time, but only by a Wake order in the same advice. Memory and MIPS are reserved at boot only (the pool says 0 later),
// except under Rules::memory_always, where memory stays reserved. A move that breaks these rules is a fault of the strategy: the
// process ends.
#pragma once

#include <string>

#include "consolidate/strategy.h"
#include "papers/cloudsim_world.h"

namespace drover::papers {

enum class Samples { Current, Past };  // the strategy sees the sample of this frame, or as in real life only the one before

struct DroverRun {
  Meters meters;
  long moves = 0;
  long boot_moves = 0;  // of the first packing
  double mean_hosts = 0;
  double floor_joules = 0;  // power_floor.h; of memory only where the rules honour it at every move
};

// Which of the world's VMs this is.
[[nodiscard]] int number_of(const PoolVm& vm);

[[nodiscard]] DroverRun run_strategy(World& world, Strategy& strategy, Samples samples);

}  // namespace drover::papers
