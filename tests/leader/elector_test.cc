#include "leader/elector.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

using Do = Elector::Step::Do;

constexpr Duration kStart = hours{5};

struct ElectorTest : testing::Test {
  Elector elector{{.identity = "me"}};
  Duration mono = kStart;
  Instant wall{seconds{1'700'000'000}};
  int version = 0;

  Elector::Step step() const { return elector.step(wall, mono); }
  Lease held_by(const std::string& holder, Duration duration = seconds{15}) {
    return {.holder = holder,
            .duration = duration,
            .acquired = wall,
            .renewed = wall,
            .transitions = 4,
            .resource_version = std::to_string(++version),
            .labels_and_annotations = ""};
  }
  // Carries out a write as the server would.
  void store(Lease lease) {
    lease.resource_version = std::to_string(++version);
    elector.was_written(lease, mono);
  }
  void lead() {
    elector.was_read(std::nullopt, mono);
    store(step().lease);
    ASSERT_TRUE(elector.leads(mono));
  }
  void pass(Duration d) {
    mono += d;
    wall += d;
  }
};

TEST_F(ElectorTest, ReadsFirstAndCreatesALeaseThatIsNotThere) {
  EXPECT_EQ(step().what, Do::Read);
  EXPECT_FALSE(elector.leads(mono));
  elector.was_read(std::nullopt, mono);
  ASSERT_EQ(step().what, Do::Create);
  EXPECT_EQ(step().lease.holder, "me");
  EXPECT_EQ(step().lease.duration, seconds{15});
  EXPECT_EQ(step().lease.acquired, wall);
  store(step().lease);
  EXPECT_TRUE(elector.leads(mono));
  EXPECT_EQ(elector.leads_until(), mono + seconds{10});
}

TEST_F(ElectorTest, TakesAReleasedLeaseAtOnce) {
  const Lease released = held_by("");
  elector.was_read(released, mono);
  ASSERT_EQ(step().what, Do::Update);
  EXPECT_EQ(step().lease.resource_version, released.resource_version);
  EXPECT_EQ(step().lease.transitions, 5);
}

TEST_F(ElectorTest, RenewsEveryRetryPeriodUnderTheVersionItHas) {
  lead();
  EXPECT_EQ(step().what, Do::Pause);
  EXPECT_EQ(step().wait, seconds{2});
  const Instant acquired = wall;
  pass(seconds{2});
  ASSERT_EQ(step().what, Do::Update);
  EXPECT_EQ(step().lease.resource_version, "1");
  EXPECT_EQ(step().lease.acquired, acquired);
  EXPECT_EQ(step().lease.renewed, wall);
  EXPECT_EQ(step().lease.transitions, 0);
}

TEST_F(ElectorTest, LeadsFromTheSendingOfItsWriteNotFromTheAnswer) {
  elector.was_read(std::nullopt, mono);
  const Lease mine = step().lease;
  const Duration sent = mono;
  pass(seconds{4});
  Lease stored = mine;
  stored.resource_version = "1";
  elector.was_written(stored, sent);
  EXPECT_EQ(elector.leads_until(), sent + seconds{10});
}

TEST_F(ElectorTest, StopsByItselfWhenItCannotRenew) {
  lead();
  pass(seconds{2});
  for (int i = 0; i < 100 && mono - kStart < seconds{10}; ++i) {
    EXPECT_TRUE(elector.leads(mono));
    if (step().what != Do::Pause) elector.has_failed(ErrorClass::Retryable, mono);
    EXPECT_LE(step().wait, milliseconds{500});
    pass(step().wait);
  }
  EXPECT_FALSE(elector.leads(mono));
}

TEST_F(ElectorTest, WaitsForALeaseThatStandsStillAndNotForItsStamps) {
  Lease other = held_by("other");
  other.renewed = Instant{};  // their clock says 1970
  elector.was_read(other, mono);
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(step().what, Do::Pause);
    EXPECT_EQ(step().wait, seconds{2});
    pass(seconds{2});
    EXPECT_EQ(step().what, Do::Read);
    elector.was_read(other, mono);
  }
  EXPECT_EQ(step().wait, seconds{1});
  pass(seconds{1});
  ASSERT_EQ(step().what, Do::Update);
  EXPECT_EQ(step().lease.resource_version, other.resource_version);
  EXPECT_EQ(step().lease.transitions, 5);
}

TEST_F(ElectorTest, EveryRenewalStartsTheWaitAgain) {
  elector.was_read(held_by("other"), mono);
  for (int i = 0; i < 20; ++i) {
    pass(seconds{10});
    elector.was_read(held_by("other"), mono);
    EXPECT_EQ(step().what, Do::Pause);
  }
}

TEST_F(ElectorTest, RespectsTheDurationThatTheHolderHasWritten) {
  elector.was_read(held_by("other", seconds{60}), mono);
  pass(seconds{59});
  EXPECT_EQ(step().what, Do::Read);
  pass(seconds{1});
  EXPECT_EQ(step().what, Do::Update);
}

TEST_F(ElectorTest, AStolenLeaseEndsLeadingAtOnce) {
  lead();
  pass(seconds{2});
  elector.has_failed(ErrorClass::Conflict, mono);
  EXPECT_EQ(step().what, Do::Read) << "without a pause";
  elector.was_read(held_by("thief"), mono);
  EXPECT_FALSE(elector.leads(mono));
  EXPECT_EQ(elector.holder(), "thief");
  EXPECT_EQ(step().what, Do::Pause);
}

TEST_F(ElectorTest, AnEditBySomeoneElseDoesNotEndLeading) {
  lead();
  pass(seconds{2});
  elector.has_failed(ErrorClass::Conflict, mono);
  elector.was_read(held_by("me"), mono);
  EXPECT_TRUE(elector.leads(mono));
  EXPECT_EQ(step().what, Do::Update);
}

TEST_F(ElectorTest, ConflictsWithoutEndAreNotMetInATightLoop) {
  elector.was_read(held_by(""), mono);
  elector.has_failed(ErrorClass::Conflict, mono);
  elector.was_read(held_by(""), mono);
  elector.has_failed(ErrorClass::Conflict, mono);
  EXPECT_EQ(step().what, Do::Pause);
}

TEST_F(ElectorTest, AfterAnUnknownOutcomeItReadsBeforeItWrites) {
  elector.was_read(held_by(""), mono);
  elector.has_failed(ErrorClass::UnknownOutcome, mono);
  pass(seconds{2});
  EXPECT_EQ(step().what, Do::Read);
  elector.was_read(held_by("me"), mono);  // it had been stored
  EXPECT_FALSE(elector.leads(mono));
  EXPECT_EQ(step().what, Do::Update);
}

TEST_F(ElectorTest, AStepOfTheWallClockChangesNothing) {
  lead();
  wall += hours{24 * 365};
  EXPECT_TRUE(elector.leads(mono));
  Elector candidate({.identity = "other"});
  Lease ours = held_by("me");
  candidate.was_read(ours, mono);
  EXPECT_EQ(candidate.step(wall + hours{9999}, mono).what, Do::Pause);
  EXPECT_EQ(candidate.step(Instant{}, mono + seconds{15}).what, Do::Update);
}

TEST_F(ElectorTest, ADeletedLeaseOfAnotherCountsAsRenewedJustNow) {
  elector.was_read(held_by("other"), mono);
  pass(seconds{14});
  elector.was_read(std::nullopt, mono);
  pass(seconds{14});
  EXPECT_EQ(step().what, Do::Read);
  elector.was_read(std::nullopt, mono);
  pass(seconds{1});
  EXPECT_EQ(step().what, Do::Create);
}

TEST_F(ElectorTest, ItsOwnDeletedLeaseIsCreatedAnewWithoutAGap) {
  lead();
  pass(seconds{2});
  elector.has_failed(ErrorClass::NotFound, mono);
  pass(step().wait);
  elector.was_read(std::nullopt, mono);
  EXPECT_TRUE(elector.leads(mono));
  ASSERT_EQ(step().what, Do::Create);
  EXPECT_EQ(step().lease.resource_version, "");
}

TEST_F(ElectorTest, ReleasesOnlyWhatItHolds) {
  EXPECT_EQ(elector.release(wall), std::nullopt);
  lead();
  const auto released = elector.release(wall);
  ASSERT_TRUE(released);
  EXPECT_EQ(released->holder, "");
  EXPECT_EQ(released->duration, seconds{1});
  EXPECT_EQ(released->resource_version, "1");
  EXPECT_FALSE(elector.leads(mono));
  elector.was_read(held_by("other"), mono);
  EXPECT_EQ(elector.release(wall), std::nullopt);
}

}  // namespace
}  // namespace drover
