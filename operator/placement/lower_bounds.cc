#include "placement/lower_bounds.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace drover::placement {
namespace {

// The fewest of these that sum to at least the demand.
int fewest_holding(std::vector<std::int64_t> capacities, std::int64_t demand) {
  std::sort(capacities.begin(), capacities.end(), std::greater<>());
  int used = 0;
  for (std::size_t i = 0; i < capacities.size() && demand > 0; ++i, ++used) demand -= capacities[i];
  return used;
}

int most_within(std::vector<int> counts, int limit) {
  std::sort(counts.begin(), counts.end());
  int taken = 0;
  for (const int count : counts) {
    if (count > limit) break;
    limit -= count;
    ++taken;
  }
  return taken;
}

}  // namespace

int LowerBounds::best() const {
  return std::max({capacity, counting, knapsack});
}

LowerBounds lower_bounds(const Instance& instance) {
  LowerBounds bounds;
  std::vector<int> counts(instance.nodes.size(), 0);
  Size demand;
  for (const Vm& vm : instance.vms) {
    ++counts[static_cast<std::size_t>(vm.node)];
    demand += vm.size;
  }
  std::vector<std::int64_t> cpu;
  std::vector<std::int64_t> memory;
  std::vector<std::int64_t> places;
  for (const Size& node : instance.nodes) {
    cpu.push_back(node.cpu);
    memory.push_back(node.memory);
    places.push_back(node.places);
  }
  bounds.capacity = std::max({fewest_holding(std::move(cpu), demand.cpu), fewest_holding(std::move(memory), demand.memory),
                              fewest_holding(std::move(places), demand.places)});
  if (bounds.capacity == 0 && !instance.vms.empty()) bounds.capacity = 1;  // VMs of no size need a node all the same
  const int nodes = static_cast<int>(instance.nodes.size());
  if (overloaded(instance)) return bounds;  // its cure may take more than t moves
  bounds.counting = nodes - most_within(counts, instance.most_moves);
  const Knapsack knapsack = solve_knapsack(instance, counts);
  bounds.knapsack = nodes - knapsack.most_emptied;
  bounds.prices = knapsack.prices;
  return bounds;
}

}  // namespace drover::placement
