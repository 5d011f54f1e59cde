// What an owner is told: a row for each verdict and for each reason of a condition.
#include "core/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "core/rules.h"
#include "world.h"

namespace drover::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// VM "web" of namespace vms under policy "policy", which enforces.
class StatusTest : public ::testing::Test {
 protected:
  StatusTest() {
    w.add_node("n1");
    w.add_vm("web", "n1");
    w.add_policy("policy");
  }
  [[nodiscard]] const Policy& policy() const { return *w.view.policies.at(key_of("policy")); }
  [[nodiscard]] PolicyStatus make(const std::vector<Decision>& decisions = {}) const {
    std::vector<const Decision*> all;
    for (const Decision& decision : decisions) all.push_back(&decision);
    RuleReport report;
    report.problem = problem;
    report.remarks = remarks;
    const auto rule = make_rules(offer)(policy());
    const Readiness ready = readiness(w.view, policy(), acted_on ? rule.get() : nullptr, report);
    return make_status(w.view, policy(), ready, Plan(w.view), all, records, counts, before, w.now);
  }
  [[nodiscard]] static Decision decision(const std::string& vm, Reason reason) {
    Decision made;
    made.vm = key_of(vm);
    made.mode = PolicyMode::Enforce;
    made.reason = reason;
    made.message = "says the test";
    return made;
  }
  [[nodiscard]] static std::string conditions(const PolicyStatus& status) {
    std::string text;
    for (const Condition& c : status.conditions)
      text += (text.empty() ? "" : ", ") + c.type + "=" + (c.status ? "True " : "False ") + std::string(c.reason.text());
    return text;
  }

  World w;
  bool acted_on = true;
  SignalOffer offer{.owner_promql = true};
  std::optional<Error> problem;
  std::vector<std::string> remarks;
  std::vector<MoveRecord> records;
  VmCounts counts{.selected = 1, .breaching = 0};
  PolicyStatus before;
};

// Each reason stands in exactly one group; a switch without a default, so that the compiler asks about a new one.
Verdict expected(Reason reason) {
  switch (reason) {
    case Reason::ThresholdCrossed:
    case Reason::OverloadRelieved:
    case Reason::Consolidated: return Verdict::Move;
    case Reason::Moving: return Verdict::Moving;
    // only a person helps
    case Reason::Excluded:
    case Reason::NotLiveMigratable:
    case Reason::NotPrepared: return Verdict::Immovable;
    // time helps
    case Reason::BreachTooShort:
    case Reason::ChangePending:
    case Reason::SourceNotReady:
    case Reason::LauncherNotReady:
    case Reason::HeldByEvacuation:
    case Reason::HeldByOther:
    case Reason::OutsideSchedule:
    case Reason::CoolingDown:
    case Reason::BackingOff:
    case Reason::DailyLimit:
    case Reason::DisruptionBudgetPdb:
    case Reason::BudgetExhausted:
    case Reason::ClusterLimit:
    case Reason::OutboundLimit:
    case Reason::InboundLimit:
    case Reason::AdviceOutdated: return Verdict::Waiting;
    // it is best where it is, as far as is known
    case Reason::NotBreached:
    case Reason::NotChosen:
    case Reason::NotSampled:
    case Reason::NoData:
    case Reason::NotRunning:
    case Reason::Forbidden:
    case Reason::PolicyUnreadable:
    case Reason::UseUnknown:
    case Reason::PoliciesDisagree:
    case Reason::NoFeasibleNode:
    case Reason::NoBetterNode:
    case Reason::NotWorthIt:
    case Reason::WontConverge:
    case Reason::Refused:
    case Reason::InvariantViolated: return Verdict::Hold;
  }
  return Verdict::Hold;
}

TEST_F(StatusTest, EachReasonComesToAVerdict) {
  for (int i = 0; i <= static_cast<int>(Reason::InvariantViolated); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_EQ(to_string(verdict_of(decision("web", reason))), to_string(expected(reason))) << to_string(reason);
  }
  Decision recommended = decision("web", Reason::ThresholdCrossed);
  recommended.mode = PolicyMode::Recommend;
  EXPECT_EQ(verdict_of(recommended), Verdict::Recommended);
}

struct Row {
  std::string what;
  std::function<void(World&, std::optional<Error>&, bool& acted_on)> change;
  std::string conditions;
  std::string word;  // of the message of Ready
};

TEST_F(StatusTest, EachConditionHasItsReason) {
  const auto edit = [](World& world, const World::Edit<Policy>& change) { world.change_policy("policy", change); };
  static const auto change_policy = edit;
  const std::string settled = ", Reconciling=False Settled, Stalled=";
  const Row rows[] = {
      {"nothing", [](World&, std::optional<Error>&, bool&) {}, "Ready=True Watching" + settled + "False NotStalled",
       "moves are made"},
      {"recommend",
       [](World& v, std::optional<Error>&, bool&) { change_policy(v, [](Policy& p) { p.spec.mode = PolicyMode::Recommend; }); },
       "Ready=True Watching" + settled + "False NotStalled", "none is made"},
      {"suspended", [](World& v, std::optional<Error>&, bool&) { change_policy(v, [](Policy& p) { p.spec.suspend = true; }); },
       "Ready=True Suspended" + settled + "False NotStalled", "spec.suspend"},
      {"a problem of the policy",
       [](World& v, std::optional<Error>&, bool&) { change_policy(v, [](Policy& p) { p.problem = "no such type"; }); },
       "Ready=False Invalid" + settled + "True Invalid", "no such type"},
      {"a window that cannot be read",
       [](World& v, std::optional<Error>&, bool&) {
         change_policy(v, [](Policy& p) { p.spec.schedule = {{.cron = "never", .duration = hours{1}}}; });
       },
       "Ready=False Invalid" + settled + "True Invalid", "never"},
      {"a type to come", [](World&, std::optional<Error>&, bool& acted) { acted = false; },
       "Ready=False NotImplemented" + settled + "True NotImplemented", "Threshold"},
      {"an owner's PromQL that is not allowed", [this](World&, std::optional<Error>&, bool&) { offer.owner_promql = false; },
       "Ready=False PromQlNotAllowed" + settled + "True PromQlNotAllowed", "--allow-owner-promql"},
      {"no KubeVirt", [](World& v, std::optional<Error>&, bool&) { v.view.platform = platform_of({}); },
       "Ready=False KubeVirtAbsent" + settled + "True KubeVirtAbsent", "install KubeVirt"},
      {"an old KubeVirt",
       [](World& v, std::optional<Error>&, bool&) {
         v.view.platform = platform_of({.present = true, .version = "v1.5.0", .phase = {}});
       },
       "Ready=False KubeVirtTooOld" + settled + "True KubeVirtTooOld", "v1.5.0"},
      {"a bad query",
       [](World&, std::optional<Error>& e, bool&) {
         e = Error{ErrorClass::Invalid, "parse error"};
       },
       "Ready=False SignalInvalid" + settled + "True SignalInvalid", "parse error"},
      {"no answer",
       [](World&, std::optional<Error>& e, bool&) {
         e = Error{ErrorClass::Retryable, "timeout"};
       },
       "Ready=False SignalUnavailable" + settled + "False NotStalled", "timeout"},
  };
  const World plain = w;
  std::set<std::string> seen;
  for (const Row& row : rows) {
    w = plain;
    problem.reset();
    acted_on = true;
    offer.owner_promql = true;
    row.change(w, problem, acted_on);
    const PolicyStatus status = make();
    EXPECT_EQ(conditions(status), row.conditions) << row.what;
    EXPECT_THAT(status.conditions.at(0).message, HasSubstr(row.word)) << row.what;
    seen.emplace(status.conditions[0].reason.text());
  }
  for (int i = 0; i < static_cast<int>(ConditionReason::MovesInFlight); ++i) {
    const auto reason = static_cast<ConditionReason>(i);
    EXPECT_TRUE(reason == ConditionReason::NothingSelected || seen.contains(std::string(to_string(reason)))) << to_string(reason);
  }
}

TEST_F(StatusTest, SaysWhereNothingIsSelected) {
  counts.selected = 0;
  EXPECT_THAT(conditions(make()), HasSubstr("Ready=True NothingSelected"));
  EXPECT_THAT(make().conditions[0].message, HasSubstr("in this namespace"));
  problem = Error{ErrorClass::Retryable, "timeout"};
  EXPECT_THAT(conditions(make()), HasSubstr("SignalUnavailable")) << "what keeps it from knowing comes first";
}

TEST_F(StatusTest, MovesWithoutAnEndAreInFlight) {
  records = {{.vm = "web", .vm_uid = "uid-web", .migration = "m1"},
             {.vm = "db", .vm_uid = "uid-db", .migration = "m0", .ended = w.now}};
  EXPECT_EQ(make().moves_in_flight, 1);
  EXPECT_THAT(conditions(make()), HasSubstr("Reconciling=True MovesInFlight"));
  EXPECT_THAT(make().moves, SizeIs(2));
  records.assign(kMaxMoves + 5, records[1]);
  EXPECT_THAT(make().moves, SizeIs(kMaxMoves));
}

TEST_F(StatusTest, AConditionKeepsItsTimeWhileItStaysAsItIs) {
  before = make();
  const Instant begin = w.now;
  w.now += minutes{5};
  EXPECT_EQ(make().conditions[0].since, begin);
  problem = Error{ErrorClass::Retryable, "timeout"};
  EXPECT_EQ(make().conditions[0].since, w.now) << "Ready is False from now on";
  EXPECT_EQ(make().conditions[1].since, begin);
}

TEST_F(StatusTest, AVerdictKeepsItsWordsWhileItIsNoNews) {
  before = make({decision("web", Reason::CoolingDown)});
  Decision again = decision("web", Reason::CoolingDown);
  again.message = "another figure";
  again.value = 0.7;
  EXPECT_EQ(make({again}).verdicts, before.verdicts);
  again.reason = Reason::BackingOff;
  EXPECT_EQ(make({again}).verdicts.at(0).message, "another figure");
}

TEST_F(StatusTest, WhatMovesAndWhatIsBreachedComesFirstWhereNotAllFit) {
  std::vector<Decision> decisions;
  for (std::size_t i = 0; i < kMaxVerdicts; ++i) decisions.push_back(decision("vm" + std::to_string(i), Reason::Excluded));
  decisions.push_back(decision("moves", Reason::Moving));
  decisions.push_back(decision("hot", Reason::CoolingDown));
  decisions.back().breached_since = w.now;
  decisions.push_back(decision("goes", Reason::ThresholdCrossed));
  decisions.back().move = true;
  const PolicyStatus status = make(decisions);
  ASSERT_THAT(status.verdicts, SizeIs(kMaxVerdicts));
  std::vector<std::string> first;
  for (std::size_t i = 0; i < 3; ++i) first.push_back(status.verdicts[i].vm);
  EXPECT_THAT(first, ElementsAre("moves", "goes", "hot"));
  EXPECT_EQ(status.immovable_vms, static_cast<std::int64_t>(kMaxVerdicts)) << "those that do not fit are counted";
}

TEST_F(StatusTest, OnlyAVmThatIsMovedHasATarget) {
  Decision made = decision("web", Reason::NotWorthIt);
  made.target = "n2";
  EXPECT_EQ(make({made}).verdicts.at(0).target, "");
  made.reason = Reason::Moving;
  EXPECT_EQ(make({made}).verdicts.at(0).target, "n2");
}

}  // namespace
}  // namespace drover::test
