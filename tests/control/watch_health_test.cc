#include "control/watch_health.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

using reflect::Delta;

Delta problem(Kind kind, ErrorClass cls, std::string message) {
  return {.kind = kind, .type = Delta::Type::Problem, .object = {}, .error = {cls, std::move(message)}};
}

TEST(WatchHealth, IsNotHealedByAListThatOnlyBegins) {
  WatchHealth health;
  const Delta denied{.kind = Kind::Node, .type = Delta::Type::Problem, .error = {ErrorClass::Denied, "forbidden"}};
  EXPECT_TRUE(health.note(denied));
  EXPECT_FALSE(health.note({.kind = Kind::Node, .type = Delta::Type::RelistBegin}));
  EXPECT_FALSE(health.note(denied)) << "the same again is no news";
  EXPECT_TRUE(health.denied());
  EXPECT_TRUE(health.note({.kind = Kind::Node, .type = Delta::Type::RelistEnd}));
  EXPECT_FALSE(health.denied());
}

TEST(WatchHealth, TakesAnExpiredVersionForNormal) {
  WatchHealth health;
  EXPECT_FALSE(health.note({.kind = Kind::Node, .type = Delta::Type::Problem, .error = {ErrorClass::Gone, "410"}}));
  EXPECT_TRUE(health.problems().empty());
}

TEST(WatchHealth, AnotherProblemOfTheSameResourceIsNews) {
  WatchHealth health;
  EXPECT_TRUE(health.note(problem(Kind::Node, ErrorClass::Retryable, "connection refused")));
  EXPECT_FALSE(health.note(problem(Kind::Node, ErrorClass::Retryable, "connection refused")));
  EXPECT_TRUE(health.note(problem(Kind::Node, ErrorClass::Retryable, "timeout")));
  EXPECT_FALSE(health.denied());
  EXPECT_TRUE(health.note(problem(Kind::Node, ErrorClass::Denied, "timeout")));
  EXPECT_TRUE(health.denied());
}

TEST(WatchHealth, NamesARightThatDroverCanDoWithoutAndGoesOn) {
  WatchHealth health;
  EXPECT_TRUE(health.note(problem(Kind::VolumeClaim, ErrorClass::Denied, "forbidden")));
  EXPECT_EQ(health.problems().count(Kind::VolumeClaim), 1U);
  EXPECT_FALSE(health.denied());
}

TEST(WatchHealth, ResourcesAreKeptApart) {
  WatchHealth health;
  EXPECT_TRUE(health.note(problem(Kind::Node, ErrorClass::Denied, "forbidden")));
  EXPECT_TRUE(health.note(problem(Kind::Pod, ErrorClass::Denied, "forbidden")));
  EXPECT_TRUE(health.note({.kind = Kind::Pod, .type = Delta::Type::Recovered, .object = {}, .error = {}}));
  EXPECT_TRUE(health.denied());
  EXPECT_EQ(health.problems().count(Kind::Pod), 0U);
}

TEST(WatchHealth, OneObjectThatCannotBeReadIsToldEachTimeAndIsNoProblemOfTheWatch) {
  WatchHealth health;
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(health.note(problem(Kind::Policy, ErrorClass::Invalid, "spec.type is missing")));
  EXPECT_TRUE(health.problems().empty());
}

}  // namespace
}  // namespace drover
