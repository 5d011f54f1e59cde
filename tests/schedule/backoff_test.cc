#include "schedule/backoff.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(Backoff, DoublesUpToTheCapAndStartsAgainAfterASuccess) {
  Backoff backoff({.first = seconds{1}, .cap = seconds{5}, .factor = 2, .jitter = 0});
  EXPECT_EQ(backoff.next(0), seconds{1});
  EXPECT_EQ(backoff.next(0), seconds{2});
  EXPECT_EQ(backoff.next(0), seconds{4});
  EXPECT_EQ(backoff.next(0), seconds{5});
  EXPECT_EQ(backoff.failures(), 4);
  backoff.reset();
  EXPECT_EQ(backoff.next(0), seconds{1});
}

TEST(Backoff, DrawsTheJitteredShareOnly) {
  Backoff low({.first = seconds{8}, .cap = seconds{8}, .factor = 2, .jitter = 0.25});
  EXPECT_EQ(low.next(0), seconds{6});
  EXPECT_EQ(low.next(0.5), seconds{7});
}

TEST(Backoff, StaysAtTheCapForever) {
  Backoff backoff({.first = seconds{1}, .cap = seconds{30}, .factor = 2, .jitter = 0});
  for (int i = 0; i < 5000; ++i) EXPECT_LE(backoff.next(0), seconds{30});
  EXPECT_EQ(backoff.next(0), seconds{30});
}

}  // namespace
}  // namespace drover
