#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace drover {
namespace {

TEST(BoundedQueue, KeepsTheOrder) {
  BoundedQueue<int> queue(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push(i, {}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.pop(Duration::zero()), i);
  EXPECT_EQ(queue.pop(Duration::zero()), std::nullopt);
}

TEST(BoundedQueue, HoldsTheProducerBackWhileFull) {
  BoundedQueue<int> queue(2);
  std::atomic<int> pushed = 0;
  std::jthread producer([&](const std::stop_token& stop) {
    for (int i = 0; i < 5; ++i) {
      if (!queue.push(i, stop)) return;
      ++pushed;
    }
  });
  while (pushed < 2) std::this_thread::yield();
  EXPECT_EQ(queue.size(), 2U);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(queue.pop(seconds{10}), i);
  producer.join();
  EXPECT_EQ(pushed, 5);
}

TEST(BoundedQueue, LetsABlockedProducerGoWhenStopped) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.push(0, {}));
  std::atomic<bool> refused = false;
  {
    std::jthread producer([&](const std::stop_token& stop) { refused = !queue.push(1, stop); });
    producer.request_stop();
  }
  EXPECT_TRUE(refused);
  EXPECT_EQ(queue.size(), 1U);
}

TEST(BoundedQueue, CanBeDrainedAfterItIsClosed) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.push(7, {}));
  queue.close();
  EXPECT_FALSE(queue.push(8, {}));
  EXPECT_EQ(queue.pop(seconds{10}), 7);
  EXPECT_EQ(queue.pop(seconds{10}), std::nullopt);
}

TEST(BoundedQueue, LosesNothingBetweenManyThreads) {
  BoundedQueue<int> queue(4);
  std::vector<std::jthread> producers;
  for (int p = 0; p < 4; ++p) {
    producers.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) EXPECT_TRUE(queue.push(1, {}));
    });
  }
  int sum = 0;
  while (sum < 4000) sum += queue.pop(seconds{10}).value_or(-100'000);
  EXPECT_EQ(sum, 4000);
}

}  // namespace
}  // namespace drover
