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

// Four types of node, three quarters full of VMs of ten sizes, six a node; the largest were placed first.
inline Instance crowded_instance(SeededRandom& random, std::size_t nodes, int most_moves) {
  const std::vector<Size> types{{32, 32}, {48, 24}, {24, 48}, {64, 64}};
  const std::vector<Size> sizes{{16, 16}, {8, 8}, {8, 4}, {4, 8}, {4, 4}, {4, 2}, {2, 4}, {2, 2}, {2, 1}, {1, 1}};
  Instance instance{.nodes = {}, .vms = {}, .most_moves = most_moves};
  for (std::size_t n = 0; n < nodes; ++n) instance.nodes.push_back(types[random.below(types.size())]);
  std::vector<Size> room = instance.nodes;
  for (const Size& size : sizes) {
    for (std::size_t v = 0; v < nodes * 6 / sizes.size(); ++v) {
      std::size_t node = random.below(nodes);
      for (std::size_t tried = 0; tried < nodes && !size.fits(room[node]); ++tried) node = (node + 1) % nodes;
      if (!size.fits(room[node])) continue;
      room[node] = {room[node].cpu - size.cpu, room[node].memory - size.memory};
      instance.vms.push_back({size, static_cast<int>(node)});
    }
  }
  return instance;
}

inline SeededRandom drawn_random() {
  return SeededRandom(*rc::gen::arbitrary<std::uint64_t>());
}

}  // namespace drover::placement
