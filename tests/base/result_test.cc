#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace drover {
namespace {

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> good = 7;
  ASSERT_TRUE(good.has_value());
  EXPECT_TRUE(static_cast<bool>(good));
  EXPECT_EQ(*good, 7);
  EXPECT_EQ(good.value_or(9), 7);

  const Result<int> bad = Error{ErrorClass::NotFound, "nodes \"n9\" not found", 404};
  EXPECT_FALSE(bad.has_value());
  EXPECT_FALSE(static_cast<bool>(bad));
  EXPECT_EQ(bad.error().cls, ErrorClass::NotFound);
  EXPECT_EQ(bad.value_or(9), 9);
}

TEST(Result, LetsTheValueBeMovedOutAndChanged) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  **result = 4;
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 4);
  Result<std::string> text = std::string("abc");
  text->push_back('d');
  EXPECT_EQ(*text, "abcd");
}

TEST(ResultDeathTest, StopsWhoeverReadsWhatIsNotThere) {
  EXPECT_DEATH(
      {
        const Result<int> bad = Error{};
        (void)*bad;
      },
      "check failed: has_value\\(\\)");
  EXPECT_DEATH(
      {
        const Result<int> good = 1;
        (void)good.error();
      },
      "check failed: !has_value\\(\\)");
}

TEST(Status, IsOkWithoutSayingMore) {
  EXPECT_TRUE(ok().has_value());
}

TEST(Error, SaysClassStatusAndMessage) {
  EXPECT_EQ(to_string(Error{ErrorClass::NotFound, "nodes \"n9\" not found", 404}), "not found (404): nodes \"n9\" not found");
  EXPECT_EQ(to_string(Error{ErrorClass::Retryable, "connection refused"}), "not done, may be tried again: connection refused");
  EXPECT_EQ(to_string(Error{ErrorClass::Gone}), "expired");
}

TEST(Error, HasANameForEveryClass) {
  for (const auto cls :
       {ErrorClass::Retryable, ErrorClass::Conflict, ErrorClass::AlreadyExists, ErrorClass::Gone, ErrorClass::NotFound,
        ErrorClass::Denied, ErrorClass::Invalid, ErrorClass::Cancelled, ErrorClass::UnknownOutcome}) {
    EXPECT_NE(to_string(cls), "unknown class");
  }
}

}  // namespace
}  // namespace drover
