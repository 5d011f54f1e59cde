#include "app/crash_point.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace drover {
namespace {

TEST(CrashPoint, DoesNothingUnlessTheEnvironmentAsksForIt) {
  const auto boundary = crash_point_from_environment();
  for (int i = 0; i < 1000; ++i) boundary("CreateMigration vms/a");
}

TEST(CrashPointDeathTest, KillsTheProcessAtTheNthBoundary) {
  setenv("DROVER_CRASH_POINT", "3", 1);
  const auto boundary = crash_point_from_environment();
  unsetenv("DROVER_CRASH_POINT");
  boundary("CreateMigration vms/a");
  boundary("CreateMigration vms/a");
  EXPECT_EXIT(boundary("CreateMigration vms/a"), testing::KilledBySignal(SIGKILL), "");
}

TEST(CrashPointDeathTest, CountsOnlyTheEffectsThatWereNamed) {
  setenv("DROVER_CRASH_POINT", "2 n3 Waking", 1);
  const auto boundary = crash_point_from_environment();
  unsetenv("DROVER_CRASH_POINT");
  boundary("MarkNode n3 Waking");
  for (int i = 0; i < 10; ++i) boundary("MarkNode n2 Waking");
  EXPECT_EXIT(boundary("MarkNode n3 Waking"), testing::KilledBySignal(SIGKILL), "");
}

}  // namespace
}  // namespace drover
