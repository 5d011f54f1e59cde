#include "model/migration.h"

#include <gtest/gtest.h>

#include <set>

namespace drover {
namespace {

constexpr MigrationPhase kAll[] = {MigrationPhase::Unset,          MigrationPhase::Pending,         MigrationPhase::Scheduling,
                                   MigrationPhase::Scheduled,      MigrationPhase::PreparingTarget, MigrationPhase::TargetReady,
                                   MigrationPhase::Running,        MigrationPhase::Succeeded,       MigrationPhase::Failed,
                                   MigrationPhase::WaitingForSync, MigrationPhase::Synchronizing,   MigrationPhase::Unknown};

TEST(Migration, RunsFromSchedulingToItsEndAsKubeVirtCounts) {
  const std::set<MigrationPhase> running = {MigrationPhase::Scheduling, MigrationPhase::Scheduled, MigrationPhase::PreparingTarget,
                                            MigrationPhase::TargetReady, MigrationPhase::Running};
  for (const MigrationPhase phase : kAll) {
    const Migration migration{.phase = phase};
    EXPECT_EQ(migration.is_running(), running.contains(phase)) << to_string(phase);
    EXPECT_EQ(migration.is_final(), phase == MigrationPhase::Succeeded || phase == MigrationPhase::Failed) << to_string(phase);
  }
}

TEST(Migration, HasANameOfItsOwnForEachPhase) {
  std::set<std::string_view> names;
  for (const MigrationPhase phase : kAll) names.insert(to_string(phase));
  EXPECT_EQ(names.size(), std::size(kAll));
  EXPECT_EQ(to_string(MigrationPhase::Unset), "");
  EXPECT_EQ(to_string(MigrationPhase::PreparingTarget), "PreparingTarget");
}

TEST(Migration, NamesItsVmInItsOwnNamespace) {
  const Migration migration{.key = {"vms", "m1"}, .vm_name = "db"};
  EXPECT_EQ(migration.vm(), (ObjectKey{"vms", "db"}));
}

}  // namespace
}  // namespace drover
