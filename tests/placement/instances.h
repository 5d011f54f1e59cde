// Instances for tests: small ones drawn at random, and by hand.
#pragma once

#include <rapidcheck.h>

#include <vector>

#include "base/random.h"
#include "placement/instance.h"

namespace drover::placement {

inline std::vector<Size> rooms_of(const Instance& instance) {
  std::vector<Size> room = instance.nodes;
  for (const Vm& vm : instance.vms) {
    Size& left = room[static_cast<std::size_t>(vm.node)];
    left = {left.cpu - vm.size.cpu, left.memory - vm.size.memory};
  }
  return room;
}

// At most this many nodes and VMs; every VM where it has room, so that nothing is overloaded.
inline Instance drawn_instance(SeededRandom& random, std::size_t most_nodes, std::size_t most_vms) {
  Instance instance;
  const std::size_t nodes = 1 + random.below(most_nodes);
  for (std::size_t n = 0; n < nodes; ++n) {
    instance.nodes.push_back({static_cast<std::int64_t>(4 + random.below(13)), static_cast<std::int64_t>(4 + random.below(13))});
  }
  const std::size_t vms = random.below(most_vms + 1);
  for (std::size_t v = 0; v < vms; ++v) {
    const Size size{static_cast<std::int64_t>(random.below(7)), static_cast<std::int64_t>(random.below(7))};
    const std::size_t first = random.below(nodes);
    for (std::size_t i = 0; i < nodes; ++i) {
      const std::size_t node = (first + i) % nodes;
      if (!size.fits(rooms_of(instance)[node])) continue;
      instance.vms.push_back({size, static_cast<int>(node)});
      break;
    }
  }
  instance.most_moves = static_cast<int>(1 + random.below(instance.vms.size() + 1));
  return instance;
}

inline SeededRandom drawn_random() {
  return SeededRandom(*rc::gen::arbitrary<std::uint64_t>());
}

}  // namespace drover::placement
