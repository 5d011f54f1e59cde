// What policies ask of each other when one of them cannot be carried out, only recommends, or is of a type to come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "badly_off.h"

namespace drover::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Beside "policy", "owner" selects the VM too, but wants nothing moved.
class TwoPolicies : public BadlyOff {
 protected:
  void owner(const World::Edit<Policy>& edit) {
    h.world.add_policy("owner", [&](Policy& p) {
      std::get<ThresholdSettings>(p.spec.settings).level = 2;
      edit(p);
    });
  }
  void lead() {
    h.lead();
    h.pass(seconds{61});
  }
  [[nodiscard]] Decision wanted() const {
    for (const Decision& decision : h.core().decisions()) {
      if (decision.policy.key == key_of("policy") && decision.vm == key_of("web")) return decision;
    }
    return {};
  }
};

TEST_F(TwoPolicies, AnOwnersTypoStopsEveryMoveAndItsMendingLetsThemGo) {
  owner([](Policy& p) { p.spec.schedule = {{.cron = "0 24 * * *", .duration = hours{1}}}; });
  lead();
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(wanted().reason, Reason::PolicyUnreadable);
  EXPECT_THAT(wanted().message, HasSubstr("vms/owner"));
  EXPECT_EQ(h.condition("Stalled", "owner"), "True Invalid");
  EXPECT_THAT(h.status("owner").conditions.at(0).message, HasSubstr("nothing moves the VMs"));
  h.world.change_policy("owner", [](Policy& p) {
    p.spec.schedule.clear();
    ++p.generation;
  });
  h.pass(seconds{31});
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(TwoPolicies, AMistakeInWhatItWantsLeavesItsLimitsInForce) {
  owner([](Policy& p) { p.problem = "spec.threshold: level is missing"; });
  h.world.change_policy("owner", [](Policy& p) { p.spec.schedule = {{.cron = "0 3 * * *", .duration = hours{1}}}; });
  lead();
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(wanted().reason, Reason::OutsideSchedule);
  h.world.change_policy("owner", [](Policy& p) { p.spec.schedule.clear(); });
  h.pass(seconds{31});
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(TwoPolicies, ATypeThatIsNotActedOnStopsNobody) {
  owner([](Policy& p) {
    p.spec.settings = EncryptedSettings{};
    p.spec.budgets = {Budget{.migrations = 0}};
    p.spec.schedule = {{.cron = "0 24 * * *", .duration = hours{1}}};
  });
  lead();
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(TwoPolicies, OneThatRecommendsStopsOthersByWhatIsWrittenOnly) {
  h.world.add_vm("other", "n1");
  h.uses("other", 0.5, 0);
  h.world.add_migration("m1", "other", "n2");  // one is under way
  h.world.change_policy("policy", [](Policy& p) { p.spec.budgets = {Budget{.migrations = 5}}; });
  owner([](Policy& p) {
    p.spec.mode = PolicyMode::Recommend;
    p.spec.budgets = {kDefaultBudget};
  });
  lead();
  EXPECT_THAT(h.creates, SizeIs(1)) << "the budget of 1 is nobody's wish";
  h.creates.clear();
  h.restart();
  h.world.change_policy("owner", [](Policy& p) { p.spec.budgets = {Budget{.migrations = 0}}; });
  lead();
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(wanted().reason, Reason::BudgetExhausted);
}

TEST_F(TwoPolicies, ADryRunThatIsRefusedHoldsUpNoOtherPolicy) {
  h.dry_run_answer = Error{ErrorClass::Invalid, "the webhook does not support dry runs"};
  h.world.change_policy("policy", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  h.lead();
  h.pass(seconds{5});
  ASSERT_THAT(h.dry_runs, SizeIs(1));
  EXPECT_EQ(wanted().reason, Reason::Refused);
  h.pass(seconds{31});
  EXPECT_THAT(h.dry_runs, SizeIs(1)) << "it is asked again later";
  owner([](Policy& p) { std::get<ThresholdSettings>(p.spec.settings).level = 0.8; });
  h.step(ViewChanged{});
  h.pass(seconds{20});
  EXPECT_THAT(h.creates, SizeIs(1));
}

}  // namespace
}  // namespace drover::test
