#include "schedule/token_bucket.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(TokenBucket, LetsABurstThroughAndThenPaces) {
  TokenBucket bucket(10, 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.take(seconds{1}), Duration::zero());
  EXPECT_EQ(bucket.take(seconds{1}), milliseconds{100});
  EXPECT_EQ(bucket.take(seconds{1}), milliseconds{200});
}

TEST(TokenBucket, FillsWithTimeUpToTheBurst) {
  TokenBucket bucket(10, 2);
  EXPECT_EQ(bucket.take(seconds{1}), Duration::zero());
  EXPECT_EQ(bucket.take(seconds{1}), Duration::zero());
  EXPECT_EQ(bucket.take(seconds{1} + milliseconds{100}), Duration::zero());
  EXPECT_EQ(bucket.take(hours{1}), Duration::zero());
  EXPECT_EQ(bucket.take(hours{1}), Duration::zero());
  EXPECT_EQ(bucket.take(hours{1}), milliseconds{100});
}

TEST(TokenBucket, IgnoresAReadingThatIsOlderThanTheLast) {
  TokenBucket bucket(1, 1);
  EXPECT_EQ(bucket.take(seconds{10}), Duration::zero());
  EXPECT_EQ(bucket.take(seconds{9}), seconds{1});
}

}  // namespace
}  // namespace drover
