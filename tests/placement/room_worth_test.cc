#include "placement/room_worth.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "instances.h"

namespace drover::placement {
namespace {

// By trying every number of every size.
double most(const std::vector<Size>& sizes, const std::vector<double>& prices, const Size& room, std::size_t k = 0) {
  if (k == sizes.size()) return 0;
  double best = most(sizes, prices, room, k + 1);
  if (sizes[k] == Size{} || !sizes[k].fits(room)) return best;
  return std::max(best, prices[k] + most(sizes, prices, {room.cpu - sizes[k].cpu, room.memory - sizes[k].memory}, k));
}

struct Drawn {
  std::vector<Size> sizes;
  std::vector<double> prices;
  Size largest;
};

Drawn drawn_sizes(SeededRandom& random) {
  Drawn drawn;
  const std::size_t count = 1 + random.below(4);
  for (std::size_t k = 0; k < count; ++k) {
    const auto cpu = static_cast<std::int64_t>(2 * random.below(4));
    const auto memory = static_cast<std::int64_t>(3 * random.below(4));
    drawn.sizes.push_back({cpu, memory});
    drawn.prices.push_back(drawn.sizes.back() == Size{} ? 0 : random.uniform());
  }
  const auto cpu = static_cast<std::int64_t>(random.below(15));
  drawn.largest = {cpu, static_cast<std::int64_t>(random.below(15))};
  return drawn;
}

TEST(PlacementRoomWorth, IsTheMostThatAnyNumberOfEachSizeComesTo) {
  EXPECT_TRUE(rc::check([] {
    SeededRandom random = drawn_random();
    const Drawn drawn = drawn_sizes(random);
    RoomWorth worth(drawn.sizes, drawn.largest);
    worth.set_prices(drawn.prices);
    const Size room = worth.units(drawn.largest);
    RC_ASSERT(std::abs(worth.of(room) - most(drawn.sizes, drawn.prices, drawn.largest)) < 1e-9);
    std::vector<std::int64_t> counts(drawn.sizes.size(), 0);
    const std::int64_t added = worth.add_counts(room, counts);
    double sum = 0;
    Size taken;
    for (std::size_t k = 0; k < counts.size(); ++k) {
      sum += static_cast<double>(counts[k]) * drawn.prices[k];
      taken = {taken.cpu + counts[k] * drawn.sizes[k].cpu, taken.memory + counts[k] * drawn.sizes[k].memory};
    }
    RC_ASSERT(taken.fits(drawn.largest));
    RC_ASSERT(added == std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
    RC_ASSERT(std::abs(sum - worth.of(room)) < 1e-9);
  }));
}

TEST(PlacementRoomWorth, NoRoomIsWorthMoreThanItsPriceAtACeiling) {
  EXPECT_TRUE(rc::check([] {
    SeededRandom random = drawn_random();
    const Drawn drawn = drawn_sizes(random);
    RoomWorth worth(drawn.sizes, drawn.largest);
    worth.set_prices(drawn.prices);
    RC_ASSERT(!worth.ceilings().empty());
    const Size most = worth.units(drawn.largest);
    for (const RoomPrice& price : worth.ceilings()) {
      for (std::int64_t cpu = 0; cpu <= most.cpu; ++cpu) {
        for (std::int64_t memory = 0; memory <= most.memory; ++memory) {
          RC_ASSERT(worth.of({cpu, memory}) <= price.of({cpu, memory}) + 1e-9);
        }
      }
    }
  }));
}

// A price of room is met by a size that fills the room alone.
TEST(PlacementRoomWorth, ACeilingIsNoHigherThanItHasToBe) {
  RoomWorth worth({{2, 2}}, {8, 8});
  worth.set_prices({3});
  double least = 1e9;
  for (const RoomPrice& price : worth.ceilings()) least = std::min(least, price.of(worth.units({8, 8})));
  EXPECT_NEAR(least, 12, 1e-6);
  EXPECT_DOUBLE_EQ(worth.of(worth.units({8, 8})), 12);
}

// 49 * (32768 / 49) is less than 32768 by rounding: each of the corners falls below a price by as much.
TEST(PlacementRoomWorth, HasACeilingHoweverItsCornersAreRounded) {
  RoomWorth worth({{49, 49}, {50, 50}}, {100, 100});
  worth.set_prices({32768, 0});
  ASSERT_FALSE(worth.ceilings().empty());
  for (const RoomPrice& price : worth.ceilings()) {
    EXPECT_GE(price.of(worth.units({100, 100})), worth.of(worth.units({100, 100})));
  }
}

TEST(PlacementRoomWorth, WhatNoSizeNeedsTakesNoCells) {
  RoomWorth worth({{3, 0}, {7, 0}}, {1000, kLargest});
  worth.set_prices({3.1, 7});
  EXPECT_EQ(worth.units({1000, 0}), worth.units({1000, kLargest}));
  EXPECT_NEAR(worth.of(worth.units({1000, kLargest})), 331 * 3.1 + 7, 1e-6);
}

// A grid of a cell for every millicore and MiB would be too fine: what is rounded makes room seem larger, never smaller.
TEST(PlacementRoomWorth, OddSizesOnLargeNodesAreWorthNoLessThanTheyAre) {
  const std::vector<Size> sizes{{1999, 8191}, {4001, 4099}, {1, 1}};
  const std::vector<double> prices{0.2, 0.3, 0};
  const Size node{20'000, 60'000};
  RoomWorth worth(sizes, node);
  worth.set_prices(prices);
  const double exact = most({sizes[0], sizes[1]}, {prices[0], prices[1]}, node);
  EXPECT_GE(worth.of(worth.units(node)), exact);
  EXPECT_LE(worth.of(worth.units(node)), 1.3 * exact);
  EXPECT_EQ(worth.units({1, 1}), Size{}) << "so small that it is nothing";
  EXPECT_LT(worth.work(), 100'000);
}

TEST(PlacementRoomWorth, TakesTheLargestNodesAndTheSmallestVmsThereAre) {
  RoomWorth worth({{1, 1}, {kLargest, 3}, {0, 0}}, {kLargest, kLargest});
  worth.set_prices({0, 0.5, 0});
  EXPECT_GE(worth.of(worth.units({kLargest, kLargest})), 0.5);
  EXPECT_LT(worth.work(), 100'000);
}

}  // namespace
}  // namespace drover::placement
