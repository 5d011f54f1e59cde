// A leader that takes over goes on from what the policy's status says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "badly_off.h"
#include "core/threshold_rule.h"

namespace drover::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// The policy: above 0.8 for a minute, every 10 s. A leader has seen the breach for 50 s when another takes over, which knows what
// the status says.
class TakenOver : public BadlyOff {
 protected:
  TakenOver()
      : BadlyOff([](Policy& p) {
          auto& settings = std::get<ThresholdSettings>(p.spec.settings);
          settings.for_duration = minutes{1};
          settings.interval = seconds{10};
        }) {
    h.lead();
    h.pass(seconds{50});
    show_status([](Policy&) {});
    h.restart();
  }

  void show_status(const std::function<void(Policy&)>& edit) {
    h.world.change_policy("policy", [&](Policy& p) {
      p.status = h.status();
      edit(p);
    });
  }
};

TEST_F(TakenOver, ABreachGoesOnWhereItWas) {
  h.lead();
  h.pass(seconds{9});
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("web").reason, Reason::BreachTooShort);
  h.pass(seconds{1});
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(TakenOver, NothingIsMovedByWhatTheStatusSaysAlone) {
  h.world.now += seconds{30};
  h.signal_error = Error{ErrorClass::Retryable, "nobody answers"};
  h.lead();
  EXPECT_THAT(h.creates, IsEmpty());
  h.signal_error.reset();
  h.pass(seconds{11});
  EXPECT_THAT(h.creates, IsEmpty()) << "what could not be read was unknown, and that ends a breach";
}

TEST_F(TakenOver, AFigureThatHasComeBackMeanwhileStartsAnew) {
  h.signal[key_of("web")] = 0.5;
  h.lead();
  h.signal[key_of("web")] = 0.95;
  h.pass(seconds{60});
  EXPECT_THAT(h.creates, IsEmpty());
  h.pass(seconds{11});
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(TakenOver, AStatusOfAnEarlierGenerationIsNotBelieved) {
  show_status([](Policy& p) { ++p.generation; });
  h.lead();
  h.pass(seconds{59});
  EXPECT_THAT(h.creates, IsEmpty());
  h.pass(seconds{2});
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(TakenOver, ABreachThatBeginsInTheFutureBeginsNow) {
  show_status([&](Policy& p) { p.status.verdicts.at(0).breached_since = h.world.now + hours{3}; });
  h.lead();
  h.pass(seconds{61});
  EXPECT_THAT(h.creates, SizeIs(1));
}

}  // namespace
}  // namespace drover::test
