#include "core/follow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace drover::test {
namespace {

class FollowTest : public ::testing::Test {
 protected:
  FollowTest() {
    for (const char* node : {"n1", "n2", "n3"}) w.add_node(node);
    w.add_vm("web", "n1");
    w.add_policy("policy");
  }
  const Followed& run() {
    last = follow(w.view, *w.view.policies.at(key_of("policy")), last.records, {}, watched, w.now);
    return last;
  }
  [[nodiscard]] std::string told() const {
    std::string text;
    for (const Announce& n : last.news) text += (text.empty() ? "" : " ") + std::string(to_string(n.news));
    return text;
  }
  World w;
  Followed last;
  std::map<std::string, Instant> watched;
};

TEST_F(FollowTest, TellsEachStageOnce) {
  w.add_migration("m", "web", "n2");
  run();
  EXPECT_EQ(told(), "MigrationStarted");
  run();
  EXPECT_EQ(told(), "");
  w.bind_target("m");
  w.finish("m");
  run();
  EXPECT_EQ(told(), "MigrationSucceeded");
  EXPECT_EQ(last.records.at(0).result, MoveResult::Succeeded);
  run();
  EXPECT_EQ(told(), "");
}

TEST_F(FollowTest, AClockAheadOfTheServersCancelsNothingEarly) {
  w.add_migration("m", "web", "n2");
  w.now += hours{1};  // the server's clock is an hour behind
  watched["uid-m"] = w.now;
  run();
  EXPECT_TRUE(last.cancels.empty());
  ASSERT_TRUE(last.next_deadline);
  EXPECT_GT(*last.next_deadline, w.now);
  w.now = *last.next_deadline;
  run();
  EXPECT_EQ(last.cancels.size(), 1U);
}

TEST_F(FollowTest, AMigrationThatComesBackWasNotDeleted) {
  w.add_migration("m", "web", "n2");
  run();
  const World as_it_is = w;
  w.erase_migration("m");  // an old list
  run();
  EXPECT_EQ(told(), "MigrationCancelled");
  w = as_it_is;
  run();
  EXPECT_FALSE(last.records.at(0).ended) << last.records.at(0).result.text();
  w.bind_target("m");
  w.finish("m");
  run();
  EXPECT_EQ(last.records.at(0).result, MoveResult::Succeeded);
}

TEST_F(FollowTest, SucceededAloneIsNotSuccess) {
  w.add_migration("m", "web", "n2");
  w.change_migration("m", [&](Migration& m) {
    m.phase = MigrationPhase::Succeeded;
    m.ended = w.now;
  });
  run();
  EXPECT_EQ(told(), "MigrationStarted") << "the VM is still on n1";
  ASSERT_TRUE(last.next_deadline);
  w.now = *last.next_deadline;
  run();
  EXPECT_EQ(told(), "MigrationFailed");
  EXPECT_EQ(last.records.at(0).reason, "KubeVirt reports success, but the VM is on n1");
  w.change_vm("web", [](Vm& vm) { vm.node = "n2"; });
  run();
  EXPECT_EQ(last.records.at(0).result, MoveResult::Succeeded)
      << "it was seen late, by a clock that is ahead or through a slow watch";
}

TEST_F(FollowTest, AVmThatHasMovedOnWasHereFirst) {
  w.add_migration("m", "web", "n2");
  w.bind_target("m");
  w.finish("m");
  w.change_vm("web", [](Vm& v) {
    v.node = "n3";
    v.migration->migration_uid = "another";
  });
  run();
  EXPECT_EQ(last.records.at(0).result, MoveResult::Succeeded);
}

TEST_F(FollowTest, AFailureCarriesKubeVirtsReason) {
  w.add_migration("m", "web", "n2");
  w.bind_target("m");
  w.finish("m", MigrationPhase::Failed);
  w.change_migration("m", [](Migration& m) { m.state->failure_reason = "the copy broke"; });
  run();
  EXPECT_EQ(told(), "MigrationStarted MigrationFailed");
  EXPECT_THAT(last.news.back().note, ::testing::HasSubstr("the copy broke"));
}

TEST_F(FollowTest, ADeletedMigrationIsACancelledMove) {
  w.add_migration("m", "web", "n2");
  run();
  w.erase_migration("m");
  run();
  EXPECT_EQ(told(), "MigrationCancelled");
}

TEST_F(FollowTest, ADeletedMigrationWhoseVmArrivedSucceeded) {
  w.add_migration("m", "web", "n2");
  run();
  w.erase_migration("m");
  w.change_vm("web", [](Vm& v) { v.node = "n2"; });
  run();
  EXPECT_EQ(told(), "MigrationSucceeded");
}

TEST_F(FollowTest, TheEndOfTheVmEndsTheMove) {
  w.add_migration("m", "web", "n2");
  run();
  w.erase_migration("m");
  w.erase_vm("web");
  run();
  EXPECT_EQ(last.records.at(0).reason, "the VM ended");
}

TEST_F(FollowTest, OthersMigrationsAreNotOurs) {
  w.add_migration("m", "web", "n2", [](Migration& m) { m.labels = {}; });
  EXPECT_TRUE(run().records.empty());
}

TEST_F(FollowTest, WhatEndedLongBeforeARestartIsNoNews) {
  w.add_migration("m", "web", "n2");
  w.bind_target("m");
  w.finish("m");
  w.now += hours{1};
  run();
  EXPECT_EQ(told(), "");
  EXPECT_EQ(last.records.at(0).result, MoveResult::Succeeded);
}

TEST_F(FollowTest, RecordsAreForgottenAfterTwoDays) {
  w.add_migration("m", "web", "n2");
  w.bind_target("m");
  w.finish("m");
  run();
  w.erase_migration("m");
  w.now += hours{47};
  EXPECT_EQ(run().records.size(), 1u);
  w.now += hours{2};
  EXPECT_TRUE(run().records.empty());
}

TEST_F(FollowTest, AHungMoveIsToldAsHungAndNotAsDeleted) {
  w.add_migration("m", "web", "n2", [](Migration& m) { m.phase = MigrationPhase::Running; });
  w.now += seconds{961};
  ASSERT_EQ(run().cancels.size(), 1u);
  EXPECT_EQ(last.records.at(0).result, MoveResult::Cancelling);
  EXPECT_FALSE(last.records.at(0).ended);
  w.erase_migration("m");
  run();
  EXPECT_EQ(told(), "MigrationCancelled");
  EXPECT_EQ(last.records.at(0).result, MoveResult::Cancelled);
  EXPECT_THAT(last.news.back().note, ::testing::HasSubstr("it hangs: Running after 16m1s"));
}

TEST_F(FollowTest, ACopyMayTakeWhatKubeVirtAllows) {
  w.add_migration("m", "web", "n2", [](Migration& m) { m.phase = MigrationPhase::Running; });
  w.now += seconds{600};  // 4 GiB at 150 s each
  EXPECT_TRUE(run().cancels.empty());
  w.now += seconds{361};
  EXPECT_EQ(run().cancels.size(), 1u);
}

TEST_F(FollowTest, ATargetPodMayTakeWhatKubeVirtWasTold) {
  w.add_migration("m", "web", "n2", [](Migration& m) { m.phase = MigrationPhase::Scheduling; });
  run();
  w.now += minutes{6} - seconds{1};
  EXPECT_TRUE(run().cancels.empty());
  EXPECT_EQ(last.next_deadline, w.now + seconds{1});
  w.now += seconds{1};
  EXPECT_EQ(run().cancels.size(), 1u);
}

TEST_F(FollowTest, WhereTheGuestMayBeStoppedTheCopyMayTakeTwiceAsLong) {
  w.add_migration("m", "web", "n2", [](Migration& m) { m.phase = MigrationPhase::Running; });
  w.view.kubevirt.allow_workload_disruption = true;
  w.now += seconds{1200};
  EXPECT_TRUE(run().cancels.empty());
  w.now += seconds{361};
  EXPECT_EQ(run().cancels.size(), 1u);
}

TEST_F(FollowTest, ACopyForWhichTheGuestStandsStillIsNotCancelled) {
  w.add_migration("m", "web", "n2", [](Migration& m) { m.phase = MigrationPhase::Running; });
  run();
  w.now += hours{1};
  for (const char* mode : {"Paused", "PostCopy"}) {
    w.change_vm("web", [&](Vm& vm) { vm.migration = MigrationState{.migration_uid = "uid-m", .mode = mode}; });
    EXPECT_TRUE(run().cancels.empty()) << mode;
  }
  w.change_vm("web", [](Vm& vm) { vm.migration->migration_uid = "an earlier one"; });
  EXPECT_EQ(run().cancels.size(), 1u);
}

}  // namespace
}  // namespace drover::test
