// Threshold policies: when the signal is asked for, and which of the VMs beyond the level are proposed. How a breach begins and
// ends is tested beside threshold.h.
#include "core/threshold_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/look.h"
#include "harness.h"

namespace drover::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Three VMs on n1, of which "web" and "db" wait for a CPU; n2 is free. Above 0.8 for a minute, asked every 30 s.
class Watching : public ::testing::Test {
 protected:
  Watching() {
    h.world.add_node("n1", [](Node& n) { n.allocatable["cpu"] = 6000; });
    h.world.add_node("n2", [](Node& n) { n.allocatable["cpu"] = 6000; });
    for (const char* vm : {"db", "idle", "web"}) {
      h.world.add_vm(vm, "n1");
      h.uses(vm, 2, 1);
    }
    h.world.add_policy("policy", [](Policy& p) { std::get<ThresholdSettings>(p.spec.settings).for_duration = minutes{1}; });
    signal(0.95, 0.9);
  }
  void signal(double web, double db) { h.signal = {{key_of("web"), web}, {key_of("db"), db}, {key_of("idle"), 0.1}}; }
  [[nodiscard]] RuleReport report_of(const Core& core) const { return core.reports(h.world.view).at(0).rule; }
  [[nodiscard]] RuleReport report() const { return report_of(h.core()); }
  [[nodiscard]] Decision quiet(const std::string& vm) const {
    return h.core().why_quiet(*h.world.view.policies.at(key_of("policy")), h.world.vm_ref(vm)).value_or(Decision{});
  }

  Harness h;
};

// One answer at a time, by hand.
class Asking : public Watching {
 protected:
  std::vector<EffectId> questions(const Event& event) {
    std::vector<EffectId> ids;
    const StepResult result = core.step(h.world.view, event, h.world.now);
    wake_at = result.wake_at;
    for (const Effect& effect : result.effects) {
      if (std::holds_alternative<SampleSignal>(effect.body)) ids.push_back(effect.id);
    }
    return ids;
  }
  std::vector<EffectId> answered(EffectId id) {
    return questions(SignalSampled{id, {key_of("policy"), "uid-policy"}, SignalTable{.sampled = h.world.now, .values = h.signal}});
  }
  Core core{{}, usual_rules()};
  std::optional<Instant> wake_at;
};

TEST_F(Asking, OneQuestionIsUnderWayAtATime) {
  EXPECT_THAT(questions(LeadershipChanged{true}), SizeIs(1));
  h.world.now += minutes{5};
  EXPECT_THAT(questions(ViewChanged{}), IsEmpty());
}

TEST_F(Asking, TheNextComesAnIntervalAfterTheAnswer) {
  const EffectId first = questions(LeadershipChanged{true}).at(0);
  h.world.now += seconds{3};
  EXPECT_THAT(answered(first), IsEmpty());
  ASSERT_TRUE(wake_at.has_value());
  h.world.now += seconds{29};
  EXPECT_THAT(questions(Tick{}), IsEmpty());
  EXPECT_LE(*wake_at, h.world.now + seconds{1});
  h.world.now += seconds{1};
  EXPECT_THAT(questions(Tick{}), SizeIs(1));
}

TEST_F(Asking, AnAnswerToAnotherQuestionIsNotHeard) {
  const EffectId first = questions(LeadershipChanged{true}).at(0);
  EXPECT_THAT(answered(first + 1000), IsEmpty());
  EXPECT_TRUE(report_of(core).waits);
  EXPECT_EQ(report_of(core).breaching, 0);
  EXPECT_THAT(answered(first), IsEmpty());
  EXPECT_FALSE(report_of(core).waits);
  EXPECT_EQ(report_of(core).breaching, 2);
}

TEST_F(Asking, NothingIsAskedAboutNoVm) {
  h.world.change_policy("policy", [](Policy& p) {
    p.spec.selector.requirements = {{.key = "app", .op = Requirement::Operator::In, .values = {"other"}}};
  });
  EXPECT_THAT(questions(LeadershipChanged{true}), IsEmpty());
}

TEST_F(Watching, TheWorstIsMovedFirst) {
  signal(0.9, 0.95);
  h.lead();
  h.pass(seconds{61});
  ASSERT_THAT(h.creates, SizeIs(1));
  EXPECT_EQ(h.creates[0].vm, key_of("db"));
}

TEST_F(Watching, OfEquallyBadOnesTheOneThatWaitedLonger) {
  signal(0.95, 0.1);
  h.lead();
  h.pass(seconds{31});
  signal(0.95, 0.95);
  h.world.change_policy("policy", [](Policy& p) { p.spec.budgets = {{.migrations = 0, .percent = {}, .window = {}}}; });
  h.pass(minutes{3});
  h.world.change_policy("policy", [](Policy& p) { p.spec.budgets = {}; });
  h.step(ViewChanged{});
  h.pass(seconds{1});
  ASSERT_THAT(h.creates, SizeIs(1));
  EXPECT_EQ(h.creates[0].vm, key_of("web"));
}

TEST_F(Watching, AnErrorEndsEveryBreach) {
  h.lead();
  h.pass(seconds{31});
  h.signal_error = Error{ErrorClass::Retryable, "no answer"};
  h.pass(seconds{30});
  EXPECT_EQ(report().breaching, 0);
  EXPECT_EQ(quiet("web").reason, Reason::NoData);
  h.signal_error.reset();
  h.pass(seconds{61});
  EXPECT_THAT(h.creates, IsEmpty()) << "a minute from when it is read again";
  h.pass(seconds{61});
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(Watching, ReportsWhatItWantsAndHowManyAreBeyondIt) {
  h.lead();
  EXPECT_EQ(report().breaching, 2);
  EXPECT_THAT(report().wants, HasSubstr("above 0.8"));
  EXPECT_FALSE(report().problem.has_value());
  EXPECT_EQ(quiet("idle").reason, Reason::NotBreached);
  EXPECT_DOUBLE_EQ(quiet("idle").value.value_or(0), 0.1);
}

TEST_F(Watching, ABreachThatIsYoungSaysSinceWhenItIsAndWhenItCounts) {
  h.lead();
  const Decision web = h.decision("web");
  EXPECT_EQ(web.reason, Reason::BreachTooShort);
  EXPECT_EQ(web.breached_since, h.world.now);
  EXPECT_EQ(web.not_before, h.world.now + minutes{1});
  EXPECT_THAT(web.message, HasSubstr("it counts after 1m"));
}

TEST_F(Watching, ANewGenerationOfThePolicyStartsAnew) {
  h.lead();
  h.pass(seconds{50});
  h.world.change_policy("policy", [](Policy& p) { ++p.generation; });
  h.step(ViewChanged{});
  h.pass(seconds{50});
  EXPECT_THAT(h.creates, IsEmpty());
  h.pass(seconds{30});
  EXPECT_THAT(h.creates, SizeIs(1));
}

}  // namespace
}  // namespace drover::test
