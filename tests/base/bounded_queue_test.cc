#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
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

TEST(BoundedQueue, LetsAStopEndAWaitingPop) {
  BoundedQueue<int> queue(1);
  std::optional<int> got = 0;
  std::jthread consumer([&](const std::stop_token& stop) { got = queue.pop(hours{1}, stop); });
  consumer.request_stop();
  consumer.join();
  EXPECT_EQ(got, std::nullopt);
}

TEST(BoundedQueue, WakesEverybodyWhenClosed) {
  BoundedQueue<int> full(1);
  BoundedQueue<int> empty(1);
  ASSERT_TRUE(full.push(1, {}));
  std::jthread producer([&](const std::stop_token& stop) { EXPECT_FALSE(full.push(2, stop)); });
  std::jthread consumer([&] { EXPECT_EQ(empty.pop(hours{1}), std::nullopt); });
  full.close();
  empty.close();
}

TEST(BoundedQueue, CarriesWhatCannotBeCopied) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  ASSERT_TRUE(queue.push(std::make_unique<int>(5), {}));
  EXPECT_EQ(**queue.pop(seconds{10}), 5);
}

}  // namespace
}  // namespace drover
