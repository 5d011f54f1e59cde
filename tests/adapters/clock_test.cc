#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "adapters/clock/system_clock.h"

namespace drover {
namespace {

TEST(SystemClock, TellsTheTimeAndNeverStepsBack) {
  const SystemClock clock;
  EXPECT_LT(std::chrono::abs(clock.now() - std::chrono::system_clock::now()), seconds{5});
  Duration last = clock.monotonic();
  EXPECT_GT(last, Duration::zero());
  for (int i = 0; i < 1000; ++i) {
    const Duration next = clock.monotonic();
    EXPECT_GE(next, last);
    last = next;
  }
}

}  // namespace
}  // namespace drover
