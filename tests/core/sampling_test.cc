// What is asked at a steady pace for books of energy, though no policy needs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dictated.h"

namespace drover::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Sampling : public ::testing::Test {
 protected:
  Sampling() {
    for (int i = 0; i < 20; ++i) h.world.add_node("n" + std::to_string(i));
    h.world.add_vm("a", "n1");
    profile(PowerDriverKind::Redfish);
  }
  void profile(PowerDriverKind kind) {
    h.world.view.power_profiles[{"", "rack"}] = std::make_shared<const PowerProfile>(PowerProfile{.name = "rack", .driver = kind});
  }
  [[nodiscard]] auto asked(const std::string& node) const {
    return std::count(h.power_questions.begin(), h.power_questions.end(), node);
  }

  Harness h{CoreOptions{.sample_interval = seconds{30}}};
};

TEST_F(Sampling, WhenBooksAreKeptUseIsSampledAtTheirPaceThoughNoPolicyNeedsIt) {
  h.lead();
  const Instant begin = h.world.now;
  h.pass(minutes{1});
  EXPECT_THAT(h.use_questions, ElementsAre(begin, begin + seconds{30}, begin + seconds{60}));
}

TEST_F(Sampling, WhenBooksAreKeptEachNodesDriverIsAskedAtTheirPaceAndNotAllAtOnce) {
  h.lead();
  std::size_t at_once = h.power_questions.size();
  for (int i = 0; i < 300; ++i) {
    const std::size_t before = h.power_questions.size();
    h.pass(seconds{1});
    at_once = std::max(at_once, h.power_questions.size() - before);
  }
  for (const auto& [key, node] : h.world.view.nodes) EXPECT_EQ(asked(node->name), 10) << node->name;
  EXPECT_LT(at_once, 10U);
}

TEST_F(Sampling, ADriverThatHasNotAnsweredIsNotAskedAgain) {
  h.answers_power = false;
  h.lead();
  h.pass(minutes{5});
  EXPECT_THAT(h.power_questions, SizeIs(20));
}

TEST_F(Sampling, ANodeWithoutADriverIsNotAsked) {
  profile(PowerDriverKind::None);
  h.lead();
  h.pass(minutes{5});
  EXPECT_THAT(h.power_questions, IsEmpty());
}

TEST_F(Sampling, WhenNoBooksAreKeptNothingIsAskedThatNoPolicyNeeds) {
  h.restart();
  h.lead();
  h.pass(hours{1});
  EXPECT_THAT(h.use_questions, IsEmpty());
  EXPECT_THAT(h.power_questions, IsEmpty());
  EXPECT_FALSE(h.wake_at);
}

class ConsolidationWithBooks : public Consolidation {
 protected:
  ConsolidationWithBooks() : Consolidation({.sample_interval = minutes{5}}) {}
};

TEST_F(ConsolidationWithBooks, ANodeThatIsPutToRestIsAskedAsOftenAsThatNeeds) {
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.pass(minutes{3});
  ASSERT_EQ(life("n3"), NodeLife::PoweringOff);
  power("n3", false);
  h.pass(2 * kSwitchingPoll);
  EXPECT_EQ(life("n3"), NodeLife::Asleep);
}

}  // namespace
}  // namespace drover::test
