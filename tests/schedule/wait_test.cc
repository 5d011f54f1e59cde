#include "schedule/wait.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace drover {
namespace {

TEST(Wait, LastsAsLongAsItWasAskedTo) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(wait_for(milliseconds{20}, {}));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds{20});
}

TEST(Wait, EndsAtOnceWhenStopped) {
  std::stop_source stop;
  bool finished = true;
  std::jthread waiter([&] { finished = wait_for(hours{1}, stop.get_token()); });
  stop.request_stop();
  waiter.join();
  EXPECT_FALSE(finished);
  EXPECT_FALSE(wait_for(Duration::zero(), stop.get_token()));
}

}  // namespace
}  // namespace drover
