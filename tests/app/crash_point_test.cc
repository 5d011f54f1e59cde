#include "app/crash_point.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace drover {
namespace {

TEST(CrashPoint, DoesNothingUnlessTheEnvironmentAsksForIt) {
  const auto boundary = crash_point_from_environment();
  for (int i = 0; i < 1000; ++i) boundary();
}

TEST(CrashPointDeathTest, KillsTheProcessAtTheNthBoundary) {
  setenv("DROVER_CRASH_POINT", "3", 1);
  const auto boundary = crash_point_from_environment();
  unsetenv("DROVER_CRASH_POINT");
  boundary();
  boundary();
  EXPECT_EXIT(boundary(), testing::KilledBySignal(SIGKILL), "");
}

}  // namespace
}  // namespace drover
