#include "core/step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace drover::test {
namespace {

// Two nodes; n1 is crowded: "web" wants more than it gets. Policy "policy": above 0.8 for a minute, every 30 s.
class Crowded : public ::testing::Test {
 protected:
  Crowded() {
    h.world.add_node("n1", [](Node& n) { n.allocatable["cpu"] = 4000; });
    h.world.add_node("n2", [](Node& n) { n.allocatable["cpu"] = 4000; });
    h.world.add_vm("web", "n1");
    h.world.add_vm("db", "n1");
    h.uses("web", 2, 1);
    h.uses("db", 2, 0);
    h.signal[key_of("web")] = 0.95;
    h.signal[key_of("db")] = 0.1;
    h.world.add_policy("policy", [](Policy& p) { threshold(p).for_duration = minutes{1}; });
  }

  static ThresholdSettings& threshold(Policy& p) { return std::get<ThresholdSettings>(p.spec.settings); }

  void lead_until_due() {
    h.lead();
    h.pass(seconds{61});
  }

  Harness h;
};

TEST_F(Crowded, MovesTheVmToTheBetterNodeOnceTheBreachHasLasted) {
  h.lead();
  h.pass(seconds{59});
  EXPECT_TRUE(h.creates.empty());
  EXPECT_EQ(h.decision("web").reason, Reason::BreachTooShort);
  h.pass(seconds{2});
  ASSERT_EQ(h.creates.size(), 1u);
  const CreateMigration& create = h.creates.front();
  EXPECT_EQ(create.vm, key_of("web"));
  EXPECT_EQ(create.source, "n1");
  EXPECT_EQ(create.target, "n2");
  EXPECT_EQ(create.target_host, "n2");
  EXPECT_EQ(create.policy.uid, "uid-policy");
  EXPECT_TRUE(create.reason.starts_with("the PromQL signal is 0.95, above 0.8")) << create.reason;
  EXPECT_EQ(create.unschedulable_timeout, seconds{30});
  EXPECT_EQ(create.pending_timeout, minutes{5});
  EXPECT_TRUE(create.name.starts_with("drover-")) << create.name;
  EXPECT_TRUE(h.violations.empty());
}

TEST_F(Crowded, ADecisionNamesTheLosersToo) {
  h.world.add_node("n3", [](Node& n) { n.allocatable["cpu"] = 3000; });
  h.world.change_policy("policy", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  lead_until_due();
  ASSERT_EQ(h.decision("web").candidates.size(), 2u);
  EXPECT_LT(h.decision("web").candidates[0].pressure_after, h.decision("web").candidates[1].pressure_after);
}

TEST_F(Crowded, AClockThatIsPutBackStallsNothing) {
  h.lead();
  h.pass(seconds{10});
  h.world.now -= hours{3};
  h.step(Tick{});
  h.pass(seconds{45});
  EXPECT_TRUE(h.creates.empty()) << "the breach has not lasted yet";
  h.pass(seconds{16});
  EXPECT_EQ(h.creates.size(), 1u);
}

TEST_F(Crowded, DoesNothingUnlessItLeads) {
  h.step(ViewChanged{});
  h.pass(minutes{5});
  EXPECT_TRUE(h.creates.empty());
  EXPECT_EQ(h.status_writes, 0);
}

TEST_F(Crowded, AsksForOneMoveOnlyWhileTheViewLagsBehind) {
  lead_until_due();
  h.pass(seconds{40});  // the created object has not shown up yet
  EXPECT_EQ(h.creates.size(), 1u);
  EXPECT_EQ(h.decision("web").reason, Reason::Moving);
}

TEST_F(Crowded, TellsTheOwnerFromStartToEnd) {
  lead_until_due();
  h.show_created();
  h.pass(seconds{1});
  EXPECT_TRUE(h.told(News::MigrationStarted));
  h.pass(seconds{5});
  EXPECT_EQ(h.status().moves_in_flight, 1);
  EXPECT_EQ(h.condition("Reconciling"), "True MovesInFlight");
  h.finish_created();
  h.pass(seconds{5});
  EXPECT_TRUE(h.told(News::MigrationSucceeded));
  ASSERT_EQ(h.status().moves.size(), 1u);
  EXPECT_EQ(h.status().moves[0].result, MoveResult::Succeeded);
  EXPECT_EQ(h.status().moves[0].target, "n2");
  EXPECT_EQ(h.status().moves_in_flight, 0);
  EXPECT_EQ(h.condition("Reconciling"), "False Settled");
}

TEST_F(Crowded, RestsAfterAMove) {
  lead_until_due();
  h.show_created();
  h.finish_created();
  h.uses("web", 2, 1);
  for (const char* vm : {"web", "db"}) h.signal[key_of(vm)] = 0.95;
  h.pass(minutes{3});
  EXPECT_EQ(h.creates.size(), 1u) << "db has no reason to move either: n2 would be as crowded";
  EXPECT_EQ(h.decision("web").reason, Reason::CoolingDown);
}

TEST_F(Crowded, ANewLeaderNamesTheSameMoveTheSame) {
  lead_until_due();
  Harness other;
  other.world = h.world;
  other.signal = h.signal;
  other.use = h.use;
  other.lead();
  other.pass(seconds{61});
  ASSERT_EQ(other.creates.size(), 1u);
  EXPECT_EQ(other.creates[0].name, h.creates[0].name);
}

TEST_F(Crowded, ANewLeaderGoesOnWithAMoveUnderWay) {
  lead_until_due();
  h.show_created();
  Harness other;
  other.world = h.world;
  other.signal = h.signal;
  other.use = h.use;
  other.lead();
  other.pass(minutes{2});
  EXPECT_TRUE(other.creates.empty());
  EXPECT_EQ(other.decision("web").reason, Reason::Moving);
  EXPECT_EQ(other.status().moves_in_flight, 1);
}

TEST_F(Crowded, TheNextMoveOfAVmHasAnotherName) {
  lead_until_due();
  h.show_created();
  const std::string first = h.creates.back().name;
  h.finish_created();
  h.world.change_vm("db", [](Vm& v) { v.node = "n2"; });
  h.use[key_of("web")] = {};
  h.uses("web", 3, 1);
  h.pass(minutes{20});
  ASSERT_EQ(h.creates.size(), 2u) << h.decision("web").message;
  EXPECT_NE(h.creates[1].name, first);
}

TEST_F(Crowded, RecommendAsksAdmissionTellsAndCreatesNothing) {
  h.world.change_policy("policy", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  lead_until_due();
  h.pass(minutes{5});
  EXPECT_TRUE(h.creates.empty());
  EXPECT_EQ(h.dry_runs.size(), 1u) << "once, not at each evaluation";
  EXPECT_TRUE(h.told(News::MigrationRecommended));
  ASSERT_EQ(h.status().verdicts.size(), 1u);
  EXPECT_EQ(h.status().verdicts[0].verdict, Verdict::Recommended);
  EXPECT_EQ(h.status().verdicts[0].target, "n2");
}

TEST_F(Crowded, RecommendPassesOnWhatAdmissionRefuses) {
  h.world.change_policy("policy", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  h.dry_run_answer = Error{ErrorClass::Invalid, "admission says no"};
  lead_until_due();
  EXPECT_FALSE(h.told(News::MigrationRecommended));
  EXPECT_EQ(h.decision("web").reason, Reason::Refused);
  EXPECT_THAT(h.decision("web").message, ::testing::HasSubstr("admission says no"));
}

TEST_F(Crowded, ARefusedCreateIsTriedAgainLaterAndLater) {
  h.create_answer = Error{ErrorClass::Invalid, "no"};
  lead_until_due();
  EXPECT_EQ(h.creates.size(), 1u);
  h.pass(seconds{55});
  EXPECT_EQ(h.creates.size(), 1u);
  h.pass(seconds{40});
  EXPECT_EQ(h.creates.size(), 2u);
  h.pass(seconds{80});
  EXPECT_EQ(h.creates.size(), 2u) << "the second wait is twice as long";
  h.pass(seconds{60});
  EXPECT_EQ(h.creates.size(), 3u);
}

TEST_F(Crowded, MissingDataIsNoBreach) {
  h.lead();
  h.pass(seconds{31});
  h.signal.erase(key_of("web"));
  h.pass(seconds{30});
  EXPECT_EQ(h.decision("web").reason, Reason::NoData);
  h.signal[key_of("web")] = 0.95;
  h.pass(seconds{45});
  EXPECT_TRUE(h.creates.empty()) << "the breach began anew";
  h.pass(seconds{60});
  EXPECT_EQ(h.creates.size(), 1u);
}

TEST_F(Crowded, ASignalThatCannotBeReadMovesNothingAndSaysSo) {
  h.signal_error = Error{ErrorClass::Retryable, "connection refused"};
  h.lead();
  h.pass(minutes{5});
  EXPECT_TRUE(h.creates.empty());
  EXPECT_EQ(h.condition("Ready"), "False SignalUnavailable");
  EXPECT_EQ(h.condition("Stalled"), "False NotStalled");
  h.signal_error.reset();
  h.pass(minutes{2});
  EXPECT_EQ(h.condition("Ready"), "True Watching");
  EXPECT_EQ(h.creates.size(), 1u);
}

TEST_F(Crowded, ABadQueryNeedsAPerson) {
  h.signal_error = Error{ErrorClass::Invalid, "parse error"};
  h.lead();
  h.pass(seconds{5});
  EXPECT_EQ(h.condition("Ready"), "False SignalInvalid");
  EXPECT_EQ(h.condition("Stalled"), "True SignalInvalid");
}

TEST_F(Crowded, WithoutMeasuredUseNothingIsWeighed) {
  h.use.clear();
  lead_until_due();
  EXPECT_TRUE(h.creates.empty());
  EXPECT_EQ(h.decision("web").reason, Reason::UseUnknown);
}

TEST_F(Crowded, AMoveThatWouldNotHelpIsNotMade) {
  h.world.add_vm("other", "n2");
  h.uses("other", 4, 3);
  lead_until_due();
  EXPECT_TRUE(h.creates.empty());
  EXPECT_EQ(h.decision("web").reason, Reason::NoBetterNode) << h.decision("web").message;
}

TEST_F(Crowded, AGainThatIsTooSmallIsNotWorthIt) {
  h.world.add_vm("other", "n2");
  h.uses("other", 1.7, 0);  // 1.25 on n1 against (1.7 + 3) / 4 = 1.175 on n2
  lead_until_due();
  EXPECT_TRUE(h.creates.empty());
  EXPECT_EQ(h.decision("web").reason, Reason::NotWorthIt) << h.decision("web").message;
}

TEST_F(Crowded, AVmThatDirtiesFasterThanTheLinkCopiesStays) {
  h.use[key_of("web")].dirty_bytes_per_second = 1e9;
  lead_until_due();
  EXPECT_TRUE(h.creates.empty());
  EXPECT_EQ(h.decision("web").reason, Reason::WontConverge);
}

TEST_F(Crowded, BudgetOfOneMovesThreeOneByOne) {
  h.world.add_node("n3", [](Node& n) { n.allocatable["cpu"] = 64000; });
  for (const char* name : {"a", "b", "c"}) {
    h.world.add_vm(name, "n1");
    h.uses(name, 2, 2);
    h.signal[key_of(name)] = 0.9;
  }
  h.signal[key_of("web")] = 0.1;
  lead_until_due();
  ASSERT_EQ(h.creates.size(), 1u);
  h.show_created();
  h.pass(minutes{1});
  EXPECT_EQ(h.creates.size(), 1u);
  EXPECT_EQ(h.decision("b").reason, Reason::BudgetExhausted) << h.decision("b").message;
  h.finish_created();
  h.pass(minutes{1});
  EXPECT_EQ(h.creates.size(), 2u);
}

TEST_F(Crowded, TheFirstMoveMayMakeTheSecondNeedless) {
  h.world.change_policy("policy", [](Policy& p) { p.spec.budgets = {Budget{.migrations = 5}}; });
  h.signal[key_of("db")] = 0.9;
  lead_until_due();
  ASSERT_EQ(h.creates.size(), 1u) << "with web gone, db has n1 to itself";
  EXPECT_EQ(h.creates[0].vm, key_of("web"));
  EXPECT_EQ(h.decision("db").reason, Reason::NoBetterNode) << h.decision("db").message;
}

TEST_F(Crowded, ListsAnImmovableVmWithTheReason) {
  h.world.change_vm("db", [](Vm& v) {
    v.live_migratable = false;
    v.not_migratable_reason = "HostDeviceNotLiveMigratable";
    v.not_migratable_message = "VMI uses a PCI host device";
  });
  h.lead();
  h.pass(seconds{2});
  EXPECT_EQ(h.status().immovable_vms, 1);
  ASSERT_EQ(h.status().verdicts.size(), 2u);
  EXPECT_EQ(h.status().verdicts[0].vm, "web");
  EXPECT_EQ(h.status().verdicts[1].verdict, Verdict::Immovable);
  EXPECT_THAT(h.status().verdicts[1].message, ::testing::HasSubstr("PCI host device"));
}

TEST_F(Crowded, FiguresAloneCauseNoWrites) {
  h.world.change_policy("policy", [](Policy& p) { threshold(p).for_duration = hours{10}; });
  h.lead();
  h.pass(minutes{2});
  const int before = h.status_writes;
  for (int i = 0; i < 20; ++i) {
    h.signal[key_of("web")] = 0.9 + i * 0.01;
    h.pass(seconds{30});
  }
  EXPECT_EQ(h.status_writes, before);
}

TEST_F(Crowded, IdleIsIdle) {
  h.signal[key_of("web")] = 0.1;
  h.lead();
  h.pass(minutes{1});
  const int before = h.status_writes;
  h.pass(hours{1});
  EXPECT_EQ(h.status_writes, before);
  ASSERT_TRUE(h.wake_at.has_value());
  EXPECT_GE(*h.wake_at - h.world.now, seconds{1}) << "it wakes for the next evaluation, not in between";
}

TEST_F(Crowded, CancelsAMigrationThatHangs) {
  lead_until_due();
  h.show_created();
  h.pass(minutes{5} + seconds{30});
  EXPECT_TRUE(h.cancels.empty());
  h.pass(seconds{35});  // five minutes for the pod and 60 s of slack are over, and it is still Pending
  ASSERT_EQ(h.cancels.size(), 1u);
  EXPECT_EQ(h.cancels[0].uid, "uid-" + h.creates[0].name);
  h.world.erase_migration(h.creates[0].name);
  h.step(ViewChanged{});
  h.pass(seconds{1});
  EXPECT_TRUE(h.told(News::MigrationCancelled));
  EXPECT_EQ(h.decision("web").reason, Reason::BackingOff) << h.decision("web").message;
}

TEST_F(Crowded, OnlyTheVmsThatAPolicySelectsAreCountedAsBreaching) {
  h.world.change_policy("policy", [](Policy& p) {
    p.spec.selector.requirements = {{.key = "app", .op = Requirement::Operator::In, .values = {"db"}}};
  });
  h.lead();
  h.pass(seconds{2});
  EXPECT_EQ(h.status().selected_vms, 1);
  EXPECT_EQ(h.status().breaching_vms, 0) << "web's figure is none of this policy's business";
}

TEST_F(Crowded, TypesToComeSayThatTheyAre) {
  h.world.add_policy("geo", [](Policy& p) { p.spec.settings = GeoSettings{}; });
  h.lead();
  EXPECT_EQ(h.condition("Ready", "geo"), "False NotImplemented");
}

TEST_F(Crowded, SuspendedMeansStill) {
  h.world.change_policy("policy", [](Policy& p) { p.spec.suspend = true; });
  lead_until_due();
  EXPECT_TRUE(h.creates.empty());
  EXPECT_EQ(h.condition("Ready"), "True Suspended");
}

TEST_F(Crowded, ASelectorThatMatchesNothingSaysSo) {
  h.world.change_policy("policy", [](Policy& p) {
    p.spec.selector.requirements = {{.key = "app", .op = Requirement::Operator::In, .values = {"none"}}};
  });
  h.lead();
  EXPECT_EQ(h.condition("Ready"), "True NothingSelected");
}

TEST_F(Crowded, PoliciesWhoseTargetsHaveNoNodeInCommonDisagree) {
  h.world.change_node("n2", [](Node& n) { n.labels.set("topology.kubernetes.io/zone", "b"); });
  h.world.change_policy("policy", [](Policy& p) { p.spec.targets.zones = {"b"}; });
  h.world.add_policy("second", [](Policy& p) { p.spec.targets.zones = {"a"}; });
  lead_until_due();
  EXPECT_TRUE(h.creates.empty());
  EXPECT_EQ(h.decision("web").reason, Reason::PoliciesDisagree) << h.decision("web").message;
}

TEST_F(Crowded, AnOldKubeVirtIsNotAskedToMoveAnything) {
  h.world.view.kubevirt.version = "v1.5.2";
  h.world.view.platform = platform_of(h.world.view.kubevirt);
  lead_until_due();
  EXPECT_TRUE(h.creates.empty());
  EXPECT_EQ(h.condition("Ready"), "False KubeVirtTooOld");
}

TEST_F(Crowded, AnAnswerForAPolicyThatChangedMeanwhileIsDropped) {
  EffectId id = 0;
  h.turn.take(
      h.world.view, {.leads = true}, [&] { return h.world.now; }, [&](StepResult& result) { id = result.effects.at(0).id; });
  h.world.change_policy("policy", [](Policy& p) {
    p.generation = 2;
    p.spec.settings = GeoSettings{};
  });
  h.lead();
  h.step(SignalSampled{id, {key_of("policy"), "uid-policy"}, SignalTable{.sampled = h.world.now, .values = h.signal}});
  EXPECT_EQ(h.condition("Ready"), "False NotImplemented");
}

}  // namespace
}  // namespace drover::test
