#include "placement/knapsack.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "instances.h"

namespace drover::placement {
namespace {

std::vector<int> counts_of(const Instance& instance) {
  std::vector<int> counts(instance.nodes.size(), 0);
  for (const Vm& vm : instance.vms) ++counts[static_cast<std::size_t>(vm.node)];
  return counts;
}

// By trying every set of nodes.
int most_emptied(const Instance& instance) {
  const std::vector<int> counts = counts_of(instance);
  int most = 0;
  for (unsigned set = 0; set < 1U << instance.nodes.size(); ++set) {
    Size left;
    int moved = 0;
    int emptied = 0;
    for (std::size_t n = 0; n < instance.nodes.size(); ++n) {
      if ((set >> n & 1U) != 0) {
        moved += counts[n];
        ++emptied;
      } else {
        left = {left.cpu + instance.nodes[n].cpu, left.memory + instance.nodes[n].memory};
      }
    }
    for (const Vm& vm : instance.vms) left = {left.cpu - vm.size.cpu, left.memory - vm.size.memory};
    if (moved <= instance.most_moves && left.cpu >= 0 && left.memory >= 0) most = std::max(most, emptied);
  }
  return most;
}

TEST(NodeKnapsack, IsExact) {
  EXPECT_TRUE(rc::check([] {
    SeededRandom random = drawn_random();
    const Instance instance = drawn_instance(random, 10, 40);
    RC_ASSERT(solve_knapsack(instance, counts_of(instance)).most_emptied == most_emptied(instance));
  }));
}

TEST(NodeKnapsack, PricesWhatIsScarceAndNothingElse) {
  // Room is plenty, moves are few.
  Instance instance{.nodes = std::vector<Size>(10, Size{100, 100}), .vms = {}, .most_moves = 3};
  for (int n = 0; n < 10; ++n) instance.vms.push_back({{1, 1}, n});
  const Knapsack solved = solve_knapsack(instance, counts_of(instance));
  EXPECT_EQ(solved.most_emptied, 3);
  EXPECT_NEAR(solved.prices.move, 1, 1e-3);
  EXPECT_NEAR(solved.prices.cpu * 100, 0, 1e-3);
  EXPECT_NEAR(solved.prices.memory * 100, 0, 1e-3);
}

}  // namespace
}  // namespace drover::placement
