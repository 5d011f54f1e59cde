#include "sim/waiting_vms.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <vector>

namespace drover::sim {
namespace {

struct Room {
  Requests left;
  [[nodiscard]] bool take(const Requests& r) {
    if (r.cpu_milli > left.cpu_milli || r.memory_bytes > left.memory_bytes) return false;
    left.cpu_milli -= r.cpu_milli;
    left.memory_bytes -= r.memory_bytes;
    return true;
  }
};

// What a queue without any order of its own would do: try every VM, first come, first served.
TEST(WaitingVms, ArePlacedAsIfEachOfThemWereTriedInOrderOfArrival) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    WaitingVms waiting;
    std::vector<Requests> sizes;
    std::vector<std::size_t> naive;  // that wait
    for (int look = 0; look < 6; ++look) {
      std::vector<std::size_t> arrived;
      for (std::size_t i = random() % 8; i > 0; --i) {
        arrived.push_back(sizes.size());
        naive.push_back(sizes.size());
        sizes.push_back({static_cast<std::int64_t>(random() % 4), static_cast<std::int64_t>(random() % 4)});
        waiting.add(arrived.back(), sizes.back());
      }
      if (!naive.empty() && random() % 3 == 0) {  // one of them ends
        const std::size_t vm = naive[random() % naive.size()];
        waiting.remove(vm);
        std::erase(naive, vm);
        std::erase(arrived, vm);
      }
      const Room room{{static_cast<std::int64_t>(random() % 8), static_cast<std::int64_t>(random() % 8)}};
      Room tried = room;
      std::vector<std::size_t> expected;
      for (const std::size_t vm : std::vector<std::size_t>(naive)) {
        if (!tried.take(sizes[vm])) continue;
        expected.push_back(vm);
        std::erase(naive, vm);
      }
      Room offered = room;
      std::vector<std::size_t> placed;
      const auto still = waiting.offer([&](std::size_t vm) {
        if (!offered.take(sizes[vm])) return false;
        placed.push_back(vm);
        waiting.remove(vm);
        return true;
      });
      EXPECT_EQ(placed, expected);
      std::erase_if(arrived, [&](std::size_t vm) { return std::find(placed.begin(), placed.end(), vm) != placed.end(); });
      EXPECT_EQ(still, arrived) << "each is named once, when it has found no place at first";
    }
  }
}

TEST(WaitingVms, CostATryASizeHoweverManyWait) {
  WaitingVms waiting;
  for (std::size_t vm = 0; vm < 10000; ++vm) waiting.add(vm, {static_cast<std::int64_t>(vm % 5) * 100, 1});
  int tries = 0;
  for (int look = 0; look < 100; ++look) {
    (void)waiting.offer([&](std::size_t vm) {
      ++tries;
      if (vm != static_cast<std::size_t>(look)) return false;
      waiting.remove(vm);
      return true;
    });
  }
  EXPECT_LE(tries, 100 * 6);
}

TEST(WaitingVms, AreOfferedNoMoreOnceTheyAreGone) {
  WaitingVms waiting;
  waiting.add(0, {1, 1});
  waiting.add(1, {1, 1});
  waiting.remove(0);
  waiting.remove(7);
  std::vector<std::size_t> offered;
  EXPECT_THAT(waiting.offer([&](std::size_t vm) {
    offered.push_back(vm);
    return false;
  }),
              ::testing::ElementsAre(1));
  EXPECT_THAT(offered, ::testing::ElementsAre(1));
}

}  // namespace
}  // namespace drover::sim
