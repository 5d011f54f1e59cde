#include "model/recent_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace drover {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

ObjectKey key(const std::string& name) {
  return {"vms", name};
}

TEST(RecentChanges, TellsEachKeySinceTheMarkOnceAndInOrder) {
  RecentChanges changes;
  changes.note(key("before"));
  const auto mark = changes.latest();
  EXPECT_THAT(changes.since(mark), Optional(IsEmpty()));
  for (const char* name : {"b", "a", "a", "b", "c"}) changes.note(key(name));
  EXPECT_THAT(changes.since(mark), Optional(ElementsAre(key("a"), key("b"), key("c"))));
}

TEST(RecentChanges, TellsOfAKeyThatChangedJustBeforeTheMarkAndAgainAfterIt) {
  RecentChanges changes;
  changes.note(key("a"));
  const auto mark = changes.latest();
  changes.note(key("a"));
  EXPECT_THAT(changes.since(mark), Optional(ElementsAre(key("a"))));
}

TEST(RecentChanges, TellsNothingWhenTheyAreTooMany) {
  RecentChanges changes;
  const auto mark = changes.latest();
  for (int i = 0; i < 10'000; ++i) changes.note(key(std::to_string(i)));
  EXPECT_EQ(changes.since(mark), std::nullopt);
  const auto later = changes.latest();
  changes.note(key("a"));
  EXPECT_THAT(changes.since(later), Optional(ElementsAre(key("a"))));
}

TEST(RecentChanges, OfACopyNoMarkOfTheOtherHolds) {
  RecentChanges changes;
  const auto mark = changes.latest();
  RecentChanges copy = changes;
  EXPECT_EQ(copy.since(mark), std::nullopt);
  copy.note(key("a"));
  const auto of_copy = copy.latest();
  changes = copy;
  EXPECT_EQ(changes.since(mark), std::nullopt);
  EXPECT_EQ(changes.since(of_copy), std::nullopt);
  EXPECT_EQ(changes.since({}), std::nullopt);
}

TEST(RecentChanges, WhatIsMovedTakesItsMarksAlong) {
  RecentChanges changes;
  const auto mark = changes.latest();
  changes.note(key("a"));
  const RecentChanges moved = std::move(changes);
  EXPECT_THAT(moved.since(mark), Optional(ElementsAre(key("a"))));
}

}  // namespace
}  // namespace drover
