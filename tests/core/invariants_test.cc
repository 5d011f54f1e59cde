#include "core/invariants.h"

#include <gtest/gtest.h>

#include "world.h"

namespace drover::test {
namespace {

std::string name_of(const std::optional<Violation>& violation) {
  return violation ? std::string(to_string(violation->invariant)) : "";
}

// Each test plans an effect that breaks one invariant; the check must name it.
class MoveInvariants : public ::testing::Test {
 protected:
  MoveInvariants() {
    for (const char* node : {"n1", "n2"}) w.add_node(node);
    w.add_vm("web", "n1");
    w.add_vm("db", "n1");
    w.add_policy("policy", [](Policy& p) { p.spec.budgets = {Budget{.migrations = 10}}; });
  }
  std::string broken(bool leading = true, std::string target = "n2") {
    effect.target = std::move(target);
    const Ledger ledger(w.view, {}, w.now);
    return name_of(broken_by(effect, w.view, plan ? *plan : Plan(w.view), ledger, leading, options, w.now));
  }
  // A move of "web" that ended well.
  void moved(Duration ago) {
    w.change_policy("policy", [&](Policy& p) {
      p.status.moves.push_back({.vm = "web",
                                .vm_uid = "uid-web",
                                .migration_uid = "m" + std::to_string(p.status.moves.size()),
                                .started = w.now - ago - minutes{1},
                                .ended = w.now - ago,
                                .result = MoveResult::Succeeded});
    });
  }

  World w;
  std::optional<Plan> plan;
  CoreOptions options;
  CreateMigration effect{
      .policy = {key_of("policy"), "uid-policy"}, .name = "m", .vm = key_of("web"), .vm_uid = "uid-web", .source = "n1"};
};

TEST_F(MoveInvariants, ASoundMovePasses) {
  EXPECT_EQ(broken(), "");
}

TEST_F(MoveInvariants, OnlyTheLeaderActs) {
  EXPECT_EQ(broken(false), "OnlyTheLeaderActs");
}

TEST_F(MoveInvariants, NoVmInTwoMoves) {
  w.add_migration("other", "web", "n2");
  plan = Plan(World().view);  // even if the plan has forgotten it
  EXPECT_EQ(broken(), "NoVmInTwoMoves");
}

TEST_F(MoveInvariants, NoVmInTwoMovesOfThePlan) {
  plan = Plan(w.view);
  plan->add({.vm = key_of("web"), .source = "n1", .target = "n2"});
  EXPECT_EQ(broken(), "NoVmInTwoMoves");
}

TEST_F(MoveInvariants, TargetFits) {
  w.change_node("n2", [](Node& n) { n.unschedulable = true; });
  EXPECT_EQ(broken(), "TargetFits");
}

TEST_F(MoveInvariants, TheTargetIsANode) {
  EXPECT_EQ(broken(true, "nowhere"), "TargetFits");
}

TEST_F(MoveInvariants, TheVmIsTheOneThatWasDecidedAbout) {
  effect.vm_uid = "uid-of-an-earlier-web";
  EXPECT_EQ(broken(), "TargetFits");
}

TEST_F(MoveInvariants, BudgetsHoldMovesInFlightIncluded) {
  w.change_policy("policy", [](Policy& p) { p.spec.budgets = {Budget{.migrations = 1}}; });
  w.add_migration("other", "db", "n2");
  EXPECT_EQ(broken(), "LimitsHold");
}

TEST_F(MoveInvariants, ThePlatformsLimitOutOfANodeHolds) {
  w.view.limits.out_of_node = 1;
  EXPECT_EQ(broken(), "");
  w.add_migration("other", "db", "n2");
  EXPECT_EQ(broken(), "LimitsHold");
}

TEST_F(MoveInvariants, ThePlatformsLimitForTheClusterHolds) {
  w.view.limits = {.in_cluster = 1, .out_of_node = 5};
  EXPECT_EQ(broken(), "");
  w.add_migration("other", "db", "n2");
  EXPECT_EQ(broken(), "LimitsHold");
}

TEST_F(MoveInvariants, TheLimitForArrivalsHolds) {
  options.max_inbound_per_node = 1;
  EXPECT_EQ(broken(), "");
  w.add_migration("other", "db", "n2");
  EXPECT_EQ(broken(), "LimitsHold");
}

TEST_F(MoveInvariants, WindowsHold) {
  w.change_policy("policy", [](Policy& p) { p.spec.schedule = {Window{.cron = "0 3 * * *", .duration = hours{1}}}; });
  EXPECT_EQ(broken(), "LimitsHold");
}

TEST_F(MoveInvariants, CooldownsHold) {
  w.change_policy("policy", [](Policy& p) { p.spec.per_vm.cooldown = minutes{15}; });
  moved(minutes{16});
  EXPECT_EQ(broken(), "");
  moved(minutes{29});  // the second of two rests twice as long
  EXPECT_EQ(broken(), "LimitsHold");
}

TEST_F(MoveInvariants, DailyLimitsHold) {
  w.change_policy("policy", [](Policy& p) { p.spec.per_vm = {.cooldown = Duration::zero(), .moves_per_day = 2}; });
  moved(hours{20});
  EXPECT_EQ(broken(), "");
  moved(hours{7});
  EXPECT_EQ(broken(), "LimitsHold");
}

class CancelInvariants : public MoveInvariants {
 protected:
  std::string broken(bool leading = true) { return name_of(broken_by(cancel, w.view, leading)); }
  CancelMigration cancel{.migration = key_of("theirs"), .uid = "uid-theirs", .vm = key_of("web")};
};

TEST_F(CancelInvariants, OnlyOursIsCancelled) {
  w.add_migration("theirs", "web", "n2");
  EXPECT_EQ(broken(), "");
  w.change_migration("theirs", [](Migration& m) { m.labels = {}; });
  EXPECT_EQ(broken(), "OnlyOursIsCancelled");
}

TEST_F(CancelInvariants, OnlyTheLeaderActs) {
  EXPECT_EQ(broken(false), "OnlyTheLeaderActs");
}

// Four nodes of one zone; n4 is empty. The policy keeps one node's room in reserve.
class NodeInvariants : public ::testing::Test {
 protected:
  NodeInvariants() {
    for (const char* node : {"n1", "n2", "n3", "n4"}) w.add_node(node);
    w.add_vm("web", "n1");
    w.add_policy("pack", [](Policy& p) { p.spec.settings = ConsolidationSettings{}; });
    mark.marks = {.life = NodeLife::Retiring, .since = w.now, .policy_uid = "uid-pack", .reason = "to pack"};
  }
  void settings(const std::function<void(ConsolidationSettings&)>& edit) {
    w.change_policy("pack", [&](Policy& p) { edit(std::get<ConsolidationSettings>(p.spec.settings)); });
  }
  std::string broken(bool leading = true) { return name_of(broken_by(mark, w.view, Plan(w.view), leading, options)); }
  std::string off(bool leading = true) {
    const SwitchPower power{
        .policy = {key_of("pack"), "uid-pack"}, .node = mark.node, .node_uid = mark.node_uid, .request = PowerRequest::GracefulOff};
    return name_of(broken_by(power, w.view, Plan(w.view), leading));
  }
  void set_life(NodeLife life) {
    w.change_node(mark.node, [&](Node& n) {
      n.marks = {.life = life, .since = w.now, .policy_uid = "uid-pack", .cordoned = true};
      n.unschedulable = true;
    });
    mark.before = life;
  }
  World w;
  CoreOptions options;
  MarkNode mark{.policy = {key_of("pack"), "uid-pack"}, .node = "n4", .node_uid = "uid-n4"};
};

TEST_F(NodeInvariants, ASoundMarkPasses) {
  EXPECT_EQ(broken(), "");
}

TEST_F(NodeInvariants, OnlyTheLeaderMarks) {
  EXPECT_EQ(broken(false), "OnlyTheLeaderActs");
}

TEST_F(NodeInvariants, ReserveStays) {
  settings([](ConsolidationSettings& s) { s.reserve_nodes = 3; });
  EXPECT_EQ(broken(), "ReserveStays");
}

TEST_F(NodeInvariants, RoomForTheLargestVmStaysOnOneNode) {
  settings([](ConsolidationSettings& s) { s.reserve_nodes = 0; });
  w.add_vm("large", "n1", {}, [](Pod& pod) { pod.requests["cpu"] = 12000; });
  w.add_pod("others-2", "n2", {{"cpu", 5000}});
  w.add_pod("others-3", "n3", {{"cpu", 5000}});
  EXPECT_EQ(broken(), "ReserveStays");
  set_life(NodeLife::Empty);
  mark.marks.life = NodeLife::PoweringOff;
  EXPECT_EQ(broken(), "ReserveStays");
  w.erase_pod(key_of("others-3"));
  EXPECT_EQ(broken(), "");
}

TEST_F(NodeInvariants, TheReserveStaysWhenANodeIsSwitchedOff) {
  set_life(NodeLife::Empty);
  mark.marks.life = NodeLife::PoweringOff;
  EXPECT_EQ(broken(), "");
  settings([](ConsolidationSettings& s) { s.reserve_nodes = 4; });
  EXPECT_EQ(broken(), "ReserveStays");
}

TEST_F(NodeInvariants, SoManyOfAZoneAreNotOffThatOneMoreLostIsTooMany) {
  settings([](ConsolidationSettings& s) { s.reserve_nodes = 0; });
  set_life(NodeLife::Empty);
  mark.marks.life = NodeLife::PoweringOff;
  EXPECT_EQ(broken(), "");
  w.change_node("n2", [](Node& n) { n.marks.life = NodeLife::Asleep; });
  EXPECT_EQ(broken(), "ReserveStays");
}

TEST_F(NodeInvariants, HalfOfAZoneStays) {
  for (const char* node : {"n2", "n3"}) w.change_node(node, [](Node& n) { n.marks.life = NodeLife::Asleep; });
  EXPECT_EQ(broken(), "ReserveStays");
}

TEST_F(NodeInvariants, TheNodeThatDroverRunsOnStays) {
  options.own_node = "n4";
  EXPECT_EQ(broken(), "ReserveStays");
}

TEST_F(NodeInvariants, ANodeWithAVmIsNotEmpty) {
  mark.marks.life = NodeLife::Empty;
  set_life(NodeLife::Draining);
  EXPECT_EQ(broken(), "");
  w.add_vm("late", "n4");
  EXPECT_EQ(broken(), "EmptyBeforeOff");
  mark.marks.life = NodeLife::PoweringOff;
  EXPECT_EQ(broken(), "EmptyBeforeOff");
}

TEST_F(NodeInvariants, AMarkSaysWhoseItIsAndSinceWhen) {
  mark.marks.policy_uid.clear();
  EXPECT_EQ(broken(), "MarksAccountedFor");
  mark.marks.policy_uid = "uid-pack";
  mark.marks.since = {};
  EXPECT_EQ(broken(), "MarksAccountedFor");
}

TEST_F(NodeInvariants, NoPolicyMarksTheNodeOfAnother) {
  set_life(NodeLife::Retiring);
  mark.marks.life = NodeLife::Draining;
  EXPECT_EQ(broken(), "");
  mark.marks.policy_uid = "uid-other";
  EXPECT_EQ(broken(), "MarksAccountedFor");
}

TEST_F(NodeInvariants, WhatIsMarkedIsInTheView) {
  mark.node_uid = "uid-of-an-earlier-n4";
  EXPECT_EQ(broken(), "MarksAccountedFor");
}

TEST_F(NodeInvariants, ANodeRetiresForAPolicyThatIsThere) {
  mark.policy.uid = "uid-of-an-earlier-pack";
  EXPECT_EQ(broken(), "MarksAccountedFor");
}

TEST_F(NodeInvariants, MarksCanBeTakenOffWhoeverPutThemThere) {
  set_life(NodeLife::Empty);
  mark.policy = {{}, "uid-gone"};
  mark.marks = {};
  EXPECT_EQ(broken(), "");
}

TEST_F(NodeInvariants, OnlyWhatIsMarkedAndEmptyIsPoweredOff) {
  EXPECT_EQ(off(), "EmptyBeforeOff");
  set_life(NodeLife::PoweringOff);
  EXPECT_EQ(off(), "");
  w.change_node("n4", [](Node& n) { n.unschedulable = false; });
  EXPECT_EQ(off(), "EmptyBeforeOff");
  set_life(NodeLife::PoweringOff);
  w.add_vm("late", "n4");
  EXPECT_EQ(off(), "EmptyBeforeOff");
}

TEST_F(NodeInvariants, OnlyTheNodeThatWasMeantIsPoweredOff) {
  set_life(NodeLife::PoweringOff);
  mark.node_uid = "uid-of-an-earlier-n4";
  EXPECT_EQ(off(), "EmptyBeforeOff");
}

TEST_F(NodeInvariants, OnlyTheLeaderSwitchesPower) {
  set_life(NodeLife::PoweringOff);
  EXPECT_EQ(off(false), "OnlyTheLeaderActs");
}

TEST(Invariants, AreAllNamed) {
  std::set<std::string_view> names;
  for (const Invariant invariant : kInvariants) names.insert(to_string(invariant));
  EXPECT_EQ(names.size(), kInvariants.size());
  EXPECT_FALSE(names.contains("Unknown"));
}

}  // namespace
}  // namespace drover::test
