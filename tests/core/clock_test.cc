#include <gtest/gtest.h>

#include "core/step.h"
#include "world.h"

namespace drover::test {
namespace {

TEST(Clock, IsPutBackWhenItIsMoreThanAMoment) {
  const Instant t = at("2026-01-05T12:00:00Z");
  EXPECT_FALSE(is_put_back(t, t));
  EXPECT_FALSE(is_put_back(t, t + hours{1}));
  EXPECT_FALSE(is_put_back(t, t - seconds{2}));
  EXPECT_TRUE(is_put_back(t, t - seconds{3}));
}

}  // namespace
}  // namespace drover::test
