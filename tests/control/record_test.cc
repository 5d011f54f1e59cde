#include "control/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/fakes.h"
#include "core/world.h"

namespace drover {
namespace {

using reflect::Delta;
using testing::HasSubstr;

class Record : public testing::Test {
 protected:
  void of(const StepResult& result) { record_step(log, telemetry, result); }

  test::World world;
  test::FakeLog log;
  test::FakeTelemetry telemetry;
};

TEST_F(Record, ADecisionIsALineAndCountedByItsReason) {
  Decision decision;
  decision.vm = {"vms", "web"};
  decision.policy.key = {"vms", "policy"};
  decision.reason = Reason::ThresholdCrossed;
  decision.mode = PolicyMode::Enforce;
  decision.move = true;
  decision.source = "n1";
  decision.target = "n2";
  decision.value = 0.95;
  StepResult result;
  result.decisions = {decision};
  of(result);
  EXPECT_EQ(telemetry.value("drover_decisions_total{policy_namespace=vms,policy=policy,reason=ThresholdCrossed}"), 1);
  EXPECT_THAT(log.text(),
              HasSubstr("decision vm=vms/web policy=vms/policy reason=ThresholdCrossed move=yes source=n1 target=n2 value=0.95"));
  result.decisions[0].mode = PolicyMode::Recommend;
  of(result);
  EXPECT_THAT(log.text(), HasSubstr("move=recommended"));
}

TEST_F(Record, ANodesStepIsALineAndCountedByItsLife) {
  StepResult result;
  MarkNode mark;
  mark.node = "n3";
  mark.marks.life = NodeLife::Retiring;
  mark.marks.reason = "it is empty";
  result.effects.push_back({1, mark});
  of(result);
  EXPECT_EQ(telemetry.value("drover_node_life_changes_total{life=Retiring}"), 1);
  EXPECT_THAT(log.text(), HasSubstr("life=Retiring before=Active reason=it is empty"));
}

TEST_F(Record, TheEndOfAMoveIsCountedByItsResult) {
  const auto ended = [&](MoveResult how) {
    MoveEnded move;
    move.record.started = world.now;
    move.record.ended = world.now + minutes{1};
    move.record.result = how;
    StepResult result;
    result.ended = {move};
    of(result);
  };
  ended(MoveResult::Succeeded);
  ended(MoveResult::Failed);
  ended(MoveResult::Failed);
  EXPECT_EQ(telemetry.value("drover_migrations_total{result=Succeeded}"), 1);
  EXPECT_EQ(telemetry.value("drover_migrations_total{result=Failed}"), 2);
  EXPECT_EQ(telemetry.value("drover_migration_duration_seconds{result=Failed}"), 2) << "observed twice";
  EXPECT_FALSE(telemetry.has("drover_migrations_total{result=Cancelled}"));
}

TEST_F(Record, EachInvariantIsThereFromTheBegin) {
  record_begin(telemetry);
  for (const Invariant invariant : kInvariants) {
    EXPECT_TRUE(telemetry.has("drover_invariant_violations_total{invariant=" + std::string(to_string(invariant)) + "}"));
  }
  StepResult result;
  result.violations = {{Invariant::TargetFits, "n2: memory"}};
  of(result);
  EXPECT_EQ(telemetry.value("drover_invariant_violations_total{invariant=TargetFits}"), 1);
  EXPECT_THAT(log.text(), HasSubstr("invariant=TargetFits detail=n2: memory"));
}

TEST_F(Record, DeltasAreCountedByWhatTheyTell) {
  const auto delta = [&](Delta::Type type) {
    record_delta(telemetry, {.kind = Kind::Pod, .type = type, .object = {}, .error = {ErrorClass::Denied, "forbidden"}});
  };
  for (const auto type : {Delta::Type::RelistBegin, Delta::Type::Upsert, Delta::Type::Upsert, Delta::Type::RelistEnd,
                          Delta::Type::Delete, Delta::Type::Problem, Delta::Type::Recovered}) {
    delta(type);
  }
  EXPECT_EQ(telemetry.value("drover_watch_relists_total{resource=pods}"), 1);
  EXPECT_EQ(telemetry.value("drover_watch_events_total{resource=pods}"), 3);
  EXPECT_EQ(telemetry.value("drover_watch_problems_total{resource=pods,class=denied}"), 1);
}

TEST_F(Record, TheViewIsCountedWithOurMigrationsOnly) {
  for (const char* node : {"n1", "n2"}) world.add_node(node);
  for (const char* vm : {"a", "b", "c"}) world.add_vm(vm, "n1");
  world.add_migration("ours", "a", "n2");
  world.add_migration("theirs", "b", "n2", [](Migration& m) { m.labels = {}; });
  world.add_migration("over", "c", "n2", [](Migration& m) { m.phase = MigrationPhase::Failed; });
  std::set<std::string> quarantined;
  record_view(telemetry, world.view, true, quarantined);
  EXPECT_EQ(telemetry.value("drover_migrations_in_flight{}"), 1);
  EXPECT_EQ(telemetry.value("drover_virtual_machines{}"), 3);
  EXPECT_EQ(telemetry.value("drover_view_synced{}"), 1);
}

TEST_F(Record, ANodeIsToldForAsLongAsItIsInQuarantine) {
  world.add_node("n1");
  world.add_node("n2", [](Node& n) { n.marks.life = NodeLife::Quarantined; });
  std::set<std::string> quarantined;
  record_view(telemetry, world.view, true, quarantined);
  EXPECT_EQ(telemetry.value("drover_node_quarantined{node=n2}"), 1);
  EXPECT_FALSE(telemetry.has("drover_node_quarantined{node=n1}"));
  world.change_node("n2", [](Node& n) { n.marks = {}; });
  record_view(telemetry, world.view, true, quarantined);
  EXPECT_FALSE(telemetry.has("drover_node_quarantined{node=n2}"));
}

TEST_F(Record, NodesThatDidNotObeyAreCountedByWhatTheyDidNotDo) {
  record_begin(telemetry);
  EXPECT_EQ(telemetry.value("drover_node_switch_failures_total{to=on}"), 0);
  StepResult result;
  for (const NodeLife before : {NodeLife::Waking, NodeLife::Waking, NodeLife::PoweringOff}) {
    MarkNode mark{.node = "n1", .before = before};
    mark.marks.life = NodeLife::Quarantined;
    result.effects.push_back({.id = 1, .body = mark});
  }
  of(result);
  EXPECT_EQ(telemetry.value("drover_node_switch_failures_total{to=on}"), 2);
  EXPECT_EQ(telemetry.value("drover_node_switch_failures_total{to=off}"), 1);
}

TEST_F(Record, AWatchThatMayNotReadNamesTheMissingRight) {
  const auto watch = [&](Delta::Type type, ErrorClass cls) {
    record_watch(log, {.kind = Kind::Pod, .type = type, .object = {}, .error = {cls, "forbidden"}});
  };
  watch(Delta::Type::Problem, ErrorClass::Denied);
  EXPECT_THAT(log.text(), HasSubstr("a right is missing"));
  watch(Delta::Type::Problem, ErrorClass::Retryable);
  EXPECT_THAT(log.text(), HasSubstr("\nthe resource can't be read resource=pods"));
  watch(Delta::Type::Recovered, {});
  EXPECT_THAT(log.text(), HasSubstr("can be read again"));
}

}  // namespace
}  // namespace drover
