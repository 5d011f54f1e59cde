// A machine that can't be asked counts as off when all that is heard of it is silence, for a minute, after Drover switched it off.
#include "adapters/wake_on_lan/silence.h"

#include <gtest/gtest.h>

namespace drover::wake_on_lan {
namespace {

class Silent : public testing::Test {
 protected:
  Powered after(Duration more) {
    now += more;
    return silence.judge("uid-1", sign, now);
  }

  Silence silence;
  Sign sign{.ready = false, .renewed = "12:00:00", .heard = Heard::Silence, .life = NodeLife::PoweringOff};
  Duration now = hours{5};
};

TEST_F(Silent, IsOffAfterAMinute) {
  EXPECT_EQ(after({}), Powered::Unknown);
  EXPECT_EQ(after(seconds{59}), Powered::Unknown);
  EXPECT_EQ(after(seconds{1}), Powered::Off);
}

TEST_F(Silent, StaysOffWhileItSleepsAndIsBeingWoken) {
  after({});
  for (const auto life : {NodeLife::Asleep, NodeLife::Waking}) {
    sign.life = life;
    EXPECT_EQ(after(minutes{1}), Powered::Off);
  }
}

TEST_F(Silent, IsNothingOfANodeThatDroverDidNotSwitchOff) {
  after({});
  for (const auto life : {NodeLife::Active, NodeLife::Retiring, NodeLife::Draining, NodeLife::Empty, NodeLife::Quarantined}) {
    sign.life = life;
    EXPECT_EQ(after(minutes{2}), Powered::Unknown) << to_string(life);
  }
}

TEST_F(Silent, BeginsAnewWhenItsLeaseIsRenewed) {
  after({});
  sign.renewed = "12:00:40";
  EXPECT_EQ(after(seconds{50}), Powered::Unknown);
  EXPECT_EQ(after(seconds{59}), Powered::Unknown);
  EXPECT_EQ(after(seconds{1}), Powered::Off);
}

TEST_F(Silent, EndsWithAnAnswer) {
  after({});
  sign.heard = Heard::Answer;
  EXPECT_EQ(after(seconds{70}), Powered::On);
  sign.heard = Heard::Silence;
  EXPECT_EQ(after(seconds{5}), Powered::Unknown);
}

TEST_F(Silent, IsNoneOfANodeThatIsReady) {
  sign.ready = true;
  EXPECT_EQ(after(minutes{2}), Powered::On);
}

TEST_F(Silent, CountsOnlyWhileItIsListenedTo) {
  after({});
  EXPECT_EQ(after(minutes{4}), Powered::Unknown);
  EXPECT_EQ(after(minutes{1}), Powered::Off);
}

TEST_F(Silent, IsEachNodesOwn) {
  after({});
  EXPECT_EQ(silence.judge("uid-2", sign, now + minutes{1}), Powered::Unknown);
}

}  // namespace
}  // namespace drover::wake_on_lan
