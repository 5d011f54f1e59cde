#include "kube/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/manual_clock.h"
#include "support/temporary_folder.h"

namespace drover::kube {
namespace {

TEST(TokenFile, IsReadAgainAfterTenSecondsOrWhenRefused) {
  const test::TemporaryFolder folder;
  test::ManualClock clock;
  TokenFile token(folder.write("token", "one\n"), clock);
  EXPECT_EQ(token.headers({}).value(), bearer("one"));
  folder.write("token", "two");
  clock.advance(seconds{9});
  EXPECT_EQ(token.headers({}).value(), bearer("one"));
  clock.advance(seconds{1});
  EXPECT_EQ(token.headers({}).value(), bearer("two"));
  folder.write("token", "three");
  EXPECT_TRUE(token.refused(bearer("one")));  // an old request's answer: the token has been renewed since
  EXPECT_EQ(token.headers({}).value(), bearer("two"));
  EXPECT_TRUE(token.refused(bearer("two")));
  EXPECT_EQ(token.headers({}).value(), bearer("three"));
}

TEST(TokenFile, KeepsItsTokenWhileTheFileIsAway) {
  const test::TemporaryFolder folder;
  test::ManualClock clock;
  TokenFile token(folder.write("token", "one"), clock);
  EXPECT_TRUE(token.headers({}));
  std::filesystem::remove(folder.path("token"));
  clock.advance(minutes{1});
  EXPECT_EQ(token.headers({}).value(), bearer("one"));
}

TEST(TokenFile, WithoutAnyTokenNamesTheFile) {
  test::ManualClock clock;
  TokenFile token("/nowhere/token", clock);
  const Error error = token.headers({}).error();
  EXPECT_EQ(error.cls, ErrorClass::Denied);
  EXPECT_THAT(error.message, testing::HasSubstr("/nowhere/token"));
}

}  // namespace
}  // namespace drover::kube
