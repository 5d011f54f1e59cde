#include "sim/pre_copy.h"

#include <gtest/gtest.h>

namespace drover::sim {
namespace {

constexpr double kMb = 1e6;

TEST(PreCopy, SendsRoundsUntilTheRestFitsTheDowntime) {
  // 1000 MB at 100 MB/s: 10 s, in which 200 MB are dirtied; 2 s, 40 MB; 0.4 s, 8 MB; these fit 30 MB, and are sent in 80 ms.
  const PreCopy copy = copy_at({.memory_bytes = 1000 * kMb, .dirty_bytes_per_second = 20 * kMb}, 100 * kMb);
  EXPECT_EQ(copy.state(), PreCopy::State::Done);
  EXPECT_NEAR(to_seconds(copy.elapsed()), 10 + 2 + 0.4 + 0.08, 1e-6);
  EXPECT_NEAR(to_seconds(copy.downtime()), 0.08, 1e-6);
  EXPECT_NEAR(copy.sent_bytes(), 1248 * kMb, 10);
  EXPECT_EQ(copy.rounds(), 4);
}

TEST(PreCopy, OfAnIdleGuestIsOneRoundWithoutDowntime) {
  const PreCopy copy = copy_at({.memory_bytes = 500 * kMb}, 100 * kMb);
  EXPECT_NEAR(to_seconds(copy.elapsed()), 5, 1e-6);
  EXPECT_EQ(copy.downtime(), Duration::zero());
}

TEST(PreCopy, ThatDirtiesFasterThanItCopiesFailsAtTheCompletionTimeout) {
  const PreCopy copy =
      copy_at({.memory_bytes = 1000 * kMb, .dirty_bytes_per_second = 150 * kMb, .completion_timeout = seconds{60}}, 100 * kMb);
  EXPECT_EQ(copy.state(), PreCopy::State::Failed);
  EXPECT_EQ(copy.elapsed(), Duration(seconds{60}));
}

TEST(PreCopy, WithoutProgressFailsAtTheProgressTimeout) {
  const PreCopy copy = copy_at({.memory_bytes = 1000 * kMb,
                                .dirty_bytes_per_second = 150 * kMb,
                                .completion_timeout = hours{1},
                                .progress_timeout = seconds{25}},
                               100 * kMb);
  EXPECT_EQ(copy.state(), PreCopy::State::Failed);
  EXPECT_EQ(copy.elapsed(), Duration(seconds{25}));
}

TEST(PreCopy, GoesOnAtTheTargetWhenPostCopyIsAllowed) {
  const PreCopy copy = copy_at(
      {.memory_bytes = 1000 * kMb, .dirty_bytes_per_second = 150 * kMb, .completion_timeout = seconds{60}, .post_copy = true},
      100 * kMb);
  EXPECT_EQ(copy.state(), PreCopy::State::Done);
  EXPECT_GT(copy.elapsed(), Duration(seconds{60}));
  EXPECT_EQ(copy.downtime(), Duration(milliseconds{300}));
}

TEST(PreCopy, ConvergesWhenTheGuestMayBeSlowedDown) {
  const PreCopy copy = copy_at(
      {.memory_bytes = 1000 * kMb, .dirty_bytes_per_second = 110 * kMb, .completion_timeout = hours{1}, .auto_converge = true},
      100 * kMb);
  EXPECT_EQ(copy.state(), PreCopy::State::Done);
}

TEST(PreCopy, TakesLongerByWhatTheLinkLost) {
  PreCopy copy(PreCopySettings{.memory_bytes = 1000 * kMb});
  copy.advance(seconds{5}, 100 * kMb);
  EXPECT_NEAR(to_seconds(copy.until_change(50 * kMb)), 10, 1e-6);
  copy.advance(copy.until_change(50 * kMb), 50 * kMb);
  EXPECT_EQ(copy.state(), PreCopy::State::Done);
  EXPECT_NEAR(to_seconds(copy.elapsed()), 15, 1e-6);
}

}  // namespace
}  // namespace drover::sim
