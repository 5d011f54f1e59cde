#include "placement/market.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "instances.h"
#include "placement/lower_bounds.h"

namespace drover::placement {
namespace {

Market market_of(const Instance& instance, bool out_of_time = false) {
  return solve_market(instance, lower_bounds(instance).prices, 0, [out_of_time] { return out_of_time; });
}

// The most nodes that are empty in any placement that differs from today's in at most t VMs: every placement is tried, whether or
// not it can be reached.
class MostEmptied {
 public:
  explicit MostEmptied(const Instance& instance) : instance_(instance), room_(instance.nodes), held_(instance.nodes.size(), 0) {
    go(0, 0);
  }
  [[nodiscard]] int most() const { return most_; }

 private:
  void go(std::size_t v, int moved) {
    if (moved > instance_.most_moves) return;
    if (v == instance_.vms.size()) {
      most_ = std::max(most_, static_cast<int>(std::count(held_.begin(), held_.end(), 0)));
      return;
    }
    const Vm& vm = instance_.vms[v];
    for (std::size_t n = 0; n < room_.size(); ++n) {
      if (!vm.size.fits(room_[n])) continue;
      room_[n] = {room_[n].cpu - vm.size.cpu, room_[n].memory - vm.size.memory};
      ++held_[n];
      go(v + 1, moved + (static_cast<int>(n) == vm.node ? 0 : 1));
      room_[n] = {room_[n].cpu + vm.size.cpu, room_[n].memory + vm.size.memory};
      --held_[n];
    }
  }

  const Instance& instance_;
  std::vector<Size> room_;
  std::vector<int> held_;
  int most_ = 0;
};

TEST(PlacementMarket, IsNeverBelowWhatCanBeEmptied) {
  int exact = 0;
  int exact_knapsack = 0;
  constexpr int kInstances = 400;
  for (int i = 0; i < kInstances; ++i) {
    SeededRandom random(static_cast<std::uint64_t>(i));
    const Instance instance = drawn_instance(random, 4, 8);
    const int most = MostEmptied(instance).most();
    const Market market = market_of(instance);
    ASSERT_GE(market.most_emptied, most) << "instance " << i;
    const Market hurried = market_of(instance, true);
    ASSERT_GE(hurried.most_emptied, most) << "instance " << i << ", out of time at once";
    ASSERT_TRUE(hurried.worth.empty());
    exact += market.most_emptied == most ? 1 : 0;
    exact_knapsack += static_cast<int>(instance.nodes.size()) - lower_bounds(instance).best() == most ? 1 : 0;
  }
  EXPECT_GT(exact, exact_knapsack) << "it is worth its time";
}

// Amounts so large and odd that they have to be rounded, nodes without capacity, no moves at all.
TEST(PlacementMarket, IsNeverBelowWhatCanBeEmptiedWhereRoomIsRounded) {
  for (int i = 0; i < 200; ++i) {
    SeededRandom random(static_cast<std::uint64_t>(1000 + i));
    Instance instance = drawn_instance(random, 4, 7);
    const auto grown = [](std::int64_t amount) { return amount * 59'999'999'989; };
    for (Size& node : instance.nodes) node = {grown(node.cpu) + 11, grown(node.memory) + 7};
    for (Vm& vm : instance.vms) {
      const auto odd = static_cast<std::int64_t>(random.below(2));
      vm.size = {grown(vm.size.cpu) + odd, grown(vm.size.memory)};
    }
    instance.nodes.push_back({0, 0});
    if (random.chance(0.2)) instance.most_moves = 0;
    ASSERT_GE(market_of(instance).most_emptied, MostEmptied(instance).most()) << "instance " << i;
  }
}

// Small VMs are scarce and so CPU is dear; rounded, a large node holds twice its VMs, each at the price of millions of small ones.
TEST(PlacementMarket, PricesOfMillionsOfNodesAreNoReasonToEmptyNone) {
  Instance instance{.nodes = std::vector<Size>(10, Size{3, 0}), .vms = {}, .most_moves = 20'000};
  for (int n = 0; n < 10; ++n) instance.vms.push_back({{1, 0}, n});
  constexpr std::int64_t kLarge = 134'217'727;
  constexpr int kCount = 7'450;
  instance.nodes.push_back({kLarge * kCount, 0});
  for (int i = 0; i < kCount; ++i) instance.vms.push_back({{kLarge, 0}, 10});
  EXPECT_GE(market_of(instance).most_emptied, 6);
}

// Every chance to be out of time leaves a bound.
TEST(PlacementMarket, IsABoundAtAnyMoment) {
  SeededRandom random(3);
  const Instance instance = drawn_instance(random, 4, 8);
  const int most = MostEmptied(instance).most();
  for (int patience = 0; patience < 40; ++patience) {
    int asked = 0;
    const Market market = solve_market(instance, lower_bounds(instance).prices, 0, [&] { return asked++ >= patience; });
    ASSERT_GE(market.most_emptied, most) << "out of time when asked " << patience + 1 << " times";
  }
}

// Nodes full of CPU with memory to spare, then as many the other way round.
Instance lopsided(int pairs) {
  Instance instance;
  for (int n = 0; n < 2 * pairs; ++n) {
    instance.nodes.push_back({8, 8});
    const Size size = n < pairs ? Size{4, 1} : Size{1, 4};
    for (int i = 0; i < 2; ++i) instance.vms.push_back({size, n});
  }
  return instance;
}

TEST(PlacementMarket, SpareCpuHereAndSpareMemoryThereAreNoRoom) {
  // Room for three in eight nodes' sums, but two exchanges are needed before any node is left.
  Instance instance = lopsided(4);
  instance.most_moves = 2;
  EXPECT_EQ(lower_bounds(instance).best(), 7);
  EXPECT_EQ(market_of(instance).most_emptied, 0);
}

TEST(PlacementMarket, VmsLargerThanAnyRoomFindNone) {
  // Half of every node is free, less a little: no VM fits beside another.
  Instance instance{.nodes = std::vector<Size>(10, Size{10, 10}), .vms = {}, .most_moves = 10};
  for (int n = 0; n < 10; ++n) instance.vms.push_back({{6, 6}, n});
  EXPECT_LE(lower_bounds(instance).best(), 6);
  EXPECT_EQ(market_of(instance).most_emptied, 0);
}

TEST(PlacementMarket, SaysWhichNodesAreWorthLeast) {
  // One VM to move, or five.
  Instance instance{.nodes = std::vector<Size>(6, Size{20, 20}), .vms = {}, .most_moves = 3};
  for (int n = 0; n < 6; ++n) {
    for (int i = 0; i < (n < 3 ? 1 : 5); ++i) instance.vms.push_back({{1, 1}, n});
  }
  const Market market = market_of(instance);
  EXPECT_EQ(market.most_emptied, 3);
  ASSERT_EQ(market.worth.size(), 6U);
  for (std::size_t n = 0; n < 3; ++n) EXPECT_LT(market.worth[n], market.worth[n + 3]);
}

TEST(PlacementMarket, SaysNothingOfMoreSizesThanItCanPrice) {
  Instance instance{.nodes = {{1000, 1000}, {1000, 1000}}, .vms = {}, .most_moves = 100};
  for (std::size_t i = 0; i <= kMostSizes; ++i) instance.vms.push_back({{static_cast<int>(i) + 1, 1}, static_cast<int>(i % 2)});
  EXPECT_EQ(market_of(instance).most_emptied, 2);
  EXPECT_TRUE(market_of(instance).worth.empty());
}

}  // namespace
}  // namespace drover::placement
