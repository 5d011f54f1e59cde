#include "core/idle_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace drover::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class IdleFields : public testing::Test {
 protected:
  IdleFields() {
    h.world.add_node("n1");
    h.world.add_policy("/pack", [](Policy& p) {
      p.ref.key = {"", "pack"};
      p.spec.settings = ConsolidationSettings{};
    });
  }
  std::vector<std::string> of(const std::function<void(ConsolidationSettings&)>& edit) {
    h.world.change_policy("/pack", [&](Policy& p) {
      ConsolidationSettings settings;
      edit(settings);
      p.spec.settings = settings;
      ++p.generation;
    });
    return idle_fields(std::get<ConsolidationSettings>(h.world.view.policies.at({"", "pack"})->spec.settings), h.world.view);
  }
  Harness h;
};

TEST_F(IdleFields, WhatOneStrategyLooksAtIsIdleUnderTheOthers) {
  using enum ConsolidationStrategy;
  for (const ConsolidationStrategy strategy : {Balanced, DynamicRoundRobin, Fuzzy, Placement}) {
    const auto idle = [&](const std::function<void(ConsolidationSettings&)>& edit) {
      return !of([&](ConsolidationSettings& s) {
                s.strategy = strategy;
                edit(s);
              }).empty();
    };
    EXPECT_FALSE(idle([](ConsolidationSettings&) {}));
    EXPECT_EQ(idle([](ConsolidationSettings& s) { s.low_load = 0.2; }), strategy != Fuzzy);
    EXPECT_EQ(idle([](ConsolidationSettings& s) { s.retirement_threshold = minutes{9}; }), strategy == Balanced);
    EXPECT_EQ(idle([](ConsolidationSettings& s) { s.overload = 0.7; }), false) << "what holds for every strategy looks at it";
    EXPECT_EQ(idle([](ConsolidationSettings& s) { s.move_cost_joules = 7; }), strategy != Balanced);
  }
}

TEST_F(IdleFields, PowerDownNeedsToBeEnabledAndADriver) {
  EXPECT_THAT(of([](ConsolidationSettings& s) { s.power_down.after = minutes{1}; }), ElementsAre(HasSubstr("powerDown.after")));
  const auto enabled = [](ConsolidationSettings& s) { s.power_down = {.enabled = true, .after = minutes{1}}; };
  EXPECT_THAT(of(enabled), ElementsAre(HasSubstr("powerDown.enabled (no PowerProfile")));
  h.world.view.power_profiles[{"", "all"}] =
      std::make_shared<PowerProfile>(PowerProfile{.name = "all", .driver = PowerDriverKind::Redfish});
  EXPECT_THAT(of(enabled), IsEmpty());
}

TEST_F(IdleFields, TheStatusNamesTheFieldAndWhy) {
  (void)of([](ConsolidationSettings& s) { s.low_load = 0.2; });
  h.lead();
  h.pass(minutes{1});
  const auto said = [&] { return h.statuses.at({"", "pack"}).conditions.at(0).message; };
  EXPECT_THAT(said(), HasSubstr("without effect: spec.consolidation.lowLoad (only strategy Fuzzy looks at it)"));
  (void)of([](ConsolidationSettings&) {});
  h.pass(minutes{1});
  EXPECT_THAT(said(), Not(HasSubstr("without effect")));
}

}  // namespace
}  // namespace drover::test
