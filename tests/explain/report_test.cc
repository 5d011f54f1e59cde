#include "explain/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "act/fakes.h"
#include "core/world.h"

namespace drover {
namespace {

using testing::HasSubstr;
using testing::Not;

class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    world.add_node("n1");
    world.add_node("n2");
    world.add_node("gpu", [](Node& n) { n.taints = {{"dedicated", "gpu", "NoSchedule"}}; });
    world.add_vm("db", "n1");
    world.add_vm("noise", "n1");
    world.add_vm("calm", "n2");
    world.add_policy("policy");
    metrics.signal = [this](std::stop_token) -> Result<SignalTable> {
      ++samples;
      if (signal_error) return *signal_error;
      return SignalTable{.sampled = world.now, .values = signal};
    };
    metrics.use = [this](std::stop_token) -> Result<UseTable> { return UseTable{.sampled = world.now, .vms = use}; };
    signal = {{{"vms", "db"}, 0.95}, {{"vms", "noise"}, 0.1}, {{"vms", "calm"}, 0.1}};
    use[{"vms", "db"}] = {.cpu_cores = 4, .cpu_delay_cores = 4, .memory_bytes = 1e9};
    use[{"vms", "noise"}] = {.cpu_cores = 12, .cpu_delay_cores = 0, .memory_bytes = 1e9};
    use[{"vms", "calm"}] = {.cpu_cores = 1, .cpu_delay_cores = 0, .memory_bytes = 1e9};
  }
  ReportInput look(bool always_use = true) {
    snapshot.view = world.view;
    evaluation = evaluate(snapshot.view, metrics, options, always_use, world.now);
    return {.snapshot = snapshot, .evaluation = evaluation, .options = options, .cluster = "context test", .now = world.now};
  }
  void status_says(std::optional<Instant> since) {
    world.change_policy("policy", [&](Policy& p) {
      p.status.observed_generation = p.generation;
      p.status.verdicts = {
          {.vm = "db", .verdict = Verdict::Waiting, .reason = Reason::BreachTooShort, .message = "soon", .breached_since = since}};
    });
  }
  void wait_for(Duration duration) {
    world.change_policy("policy", [&](Policy& p) { std::get<ThresholdSettings>(p.spec.settings).for_duration = duration; });
  }
  static Report vm_in(const Report& plan, const std::string& name) {
    for (const Report& vm : plan["decisions"]) {
      if (vm["vm"] == name) return vm;
    }
    return {};
  }
  template <typename Print>
  static std::string text(const Report& report, Print print) {
    std::ostringstream out;
    print(report, out);
    return out.str();
  }

  test::World world;
  test::FakeMetrics metrics;
  std::map<ObjectKey, double> signal;
  std::map<ObjectKey, VmUse> use;
  std::optional<Error> signal_error;
  int samples = 0;
  CoreOptions options{.signals = {.owner_promql = true}};
  Snapshot snapshot;
  Evaluation evaluation;
};

TEST_F(ReportTest, ThePlanIsWhatTheOperatorWouldDo) {
  const Report plan = plan_report(look(), "");
  EXPECT_EQ(vm_in(plan, "vms/db")["verdict"], "Move");
  EXPECT_EQ(vm_in(plan, "vms/db")["target"], "n2");
  EXPECT_EQ(vm_in(plan, "vms/calm")["reason"], "NotBreached");
  EXPECT_EQ(samples, 1);
  const std::string shown = text(plan, print_plan);
  EXPECT_THAT(shown, HasSubstr("MigrationPolicy vms/policy (Threshold, Enforce)"));
  EXPECT_THAT(shown, HasSubstr("ThresholdCrossed"));
  EXPECT_THAT(shown, Not(HasSubstr("for 0s")));
}

TEST_F(ReportTest, APolicyThatRecommendsIsPlannedAsThat) {
  world.change_policy("policy", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  EXPECT_EQ(vm_in(plan_report(look(), ""), "vms/db")["verdict"], "Recommended");
}

TEST_F(ReportTest, SaysThatItDoesNotKnowHowLongABreachHasLasted) {
  wait_for(minutes{5});
  const Report vm = vm_in(plan_report(look(), ""), "vms/db");
  EXPECT_EQ(vm["verdict"], "Move");
  EXPECT_THAT(vm["assumes"].get<std::string>(), HasSubstr("longer than 5m"));
}

TEST_F(ReportTest, TakesTheBeginOfABreachFromTheStatus) {
  wait_for(minutes{5});
  status_says(world.now - minutes{2});
  const Report early = vm_in(plan_report(look(), ""), "vms/db");
  EXPECT_EQ(early["verdict"], "Waiting");
  EXPECT_EQ(early["reason"], "BreachTooShort");
  EXPECT_EQ(early["notBefore"], to_rfc3339(world.now + minutes{3}));
  status_says(world.now - minutes{6});
  const Report due = vm_in(plan_report(look(), ""), "vms/db");
  EXPECT_EQ(due["verdict"], "Move");
  EXPECT_FALSE(due.contains("assumes"));
}

TEST_F(ReportTest, ASignalThatCannotBeReadIsNoDataAndSaysWhy) {
  signal_error = Error{ErrorClass::Retryable, "connection refused"};
  const Report plan = plan_report(look(), "");
  EXPECT_EQ(vm_in(plan, "vms/db")["reason"], "NoData");
  EXPECT_FALSE(plan["policies"][0]["ready"].get<bool>());
  EXPECT_THAT(text(plan, print_plan), HasSubstr("connection refused"));
}

TEST_F(ReportTest, ThePlanOfANamespaceLeavesTheOthersOut) {
  world.add_vm("other/db", "n1");
  world.add_policy("other/policy");
  const Report plan = plan_report(look(), "other");
  EXPECT_EQ(plan["policies"].size(), 1U);
  EXPECT_EQ(plan["policies"][0]["policy"], "other/policy");
}

TEST_F(ReportTest, ExplainsAVm) {
  world.change_policy("policy", [&](Policy& p) {
    p.status.moves = {{.vm = "db",
                       .vm_uid = "uid-db",
                       .migration = "drover-x",
                       .migration_uid = "m",
                       .source = "n2",
                       .target = "n1",
                       .started = world.now - minutes{5},
                       .ended = world.now - minutes{4},
                       .result = MoveResult::Succeeded,
                       .reason = "CPU delay"}};
  });
  const auto report = vm_report(look(), {"vms", "db"});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ((*report)["verdicts"][0]["reason"], "CoolingDown");
  const std::string shown = text(*report, print_vm);
  EXPECT_THAT(shown, HasSubstr("n2 -> n1  Succeeded"));
  EXPECT_THAT(shown, HasSubstr("dedicated=gpu"));
  EXPECT_THAT(shown, HasSubstr("lets it rest until"));
  EXPECT_THAT(shown, HasSubstr("Cost of a move"));
  EXPECT_THAT(shown, HasSubstr("0 of 5"));
}

TEST_F(ReportTest, ExplainsWhyAVmIsImmovable) {
  world.change_vm("db", [](Vm& vm) {
    vm.live_migratable = false;
    vm.not_migratable_reason = "HostDeviceNotLiveMigratable";
  });
  const auto report = vm_report(look(), {"vms", "db"});
  EXPECT_EQ((*report)["immovable"]["reason"], "NotLiveMigratable");
  EXPECT_THAT(text(*report, print_vm), HasSubstr("HostDeviceNotLiveMigratable"));
}

TEST_F(ReportTest, SaysWhichVmMayHaveBeenMeant) {
  const auto report = vm_report(look(), {"default", "db"});
  EXPECT_EQ(report.error().cls, ErrorClass::NotFound);
  EXPECT_THAT(report.error().message, HasSubstr("did you mean vms/db?"));
}

TEST_F(ReportTest, ExplainsANode) {
  const auto report = node_report(look(), "n2");
  ASSERT_TRUE(report.has_value());
  const std::string shown = text(*report, print_node);
  EXPECT_THAT(shown, HasSubstr("vms/calm"));
  EXPECT_THAT(shown, HasSubstr("would receive vms/db"));
  EXPECT_THAT(shown, HasSubstr("no PowerProfile selects it; it is never switched off"));
  EXPECT_THAT(node_report(look(), "n9").error().message, HasSubstr("n1, n2"));
}

TEST_F(ReportTest, SaysWhyANodeIsOutOfServiceAndWhoHoldsIt) {
  world.change_node("n2", [](Node& node) {
    node.unschedulable = true;
    node.marks = {
        .life = NodeLife::Empty, .since = Instant{}, .policy_uid = "uid-gone", .reason = "no virtual machine is left on it"};
    node.labels.set("drover.dev/hands-off", "");
  });
  const std::string shown = text(*node_report(look(), "n2"), print_node);
  EXPECT_THAT(shown, HasSubstr("Empty since 1970-01-01T00:00:00Z for a policy that is gone: no virtual machine is left on it"));
  EXPECT_THAT(shown, HasSubstr("left as it is: its label drover.dev/hands-off"));
}

TEST_F(ReportTest, SaysByWhatANodeIsSwitchedOrThatItNeverIs) {
  const auto named = [&](PowerDriverKind kind) {
    world.view.power_profiles[{"", "rack"}] = std::make_shared<const PowerProfile>(PowerProfile{.name = "rack", .driver = kind});
    return text(*node_report(look(), "n2"), print_node);
  };
  EXPECT_THAT(named(PowerDriverKind::None), HasSubstr("power: PowerProfile rack, driver None; so it is never switched off"));
  EXPECT_THAT(named(PowerDriverKind::Redfish), HasSubstr("power: PowerProfile rack, driver Redfish\n"));
}

TEST_F(ReportTest, ExplainsAPolicy) {
  world.change_policy("policy", [](Policy& p) {
    p.generation = 2;
    p.status.observed_generation = 1;
    p.status.conditions = {{.type = "Ready", .status = true, .reason = ConditionReason::Watching, .message = "watching"}};
  });
  const auto report = policy_report(look(), {"vms", "policy"});
  ASSERT_TRUE(report.has_value());
  EXPECT_THAT(text(*report, print_policy),
              testing::AllOf(HasSubstr("Ready=True Watching"), HasSubstr("earlier version"), HasSubstr("vms/db")));
  EXPECT_THAT(policy_report(look(), {"", "policy"}).error().message,
              HasSubstr("there is no ClusterMigrationPolicy policy; there are vms/policy"));
}

TEST_F(ReportTest, ChangesNothing) {
  // The only doors that evaluate() is given are the view and the metrics.
  const ClusterView before = world.view;
  look();
  EXPECT_EQ(snapshot.view.policies, before.policies);
}

TEST(PolicyReport, TellsWhatAConsolidationStrategyOrdersAndWhichRulesFired) {
  Snapshot snapshot;
  Policy policy;
  policy.ref = {{"", "pack"}, "u"};
  policy.spec.settings = ConsolidationSettings{};
  snapshot.view.policies[policy.ref.key] = std::make_shared<const Policy>(policy);
  Evaluation evaluation;
  evaluation.policies.push_back(
      {.policy = policy.ref,
       .ready = {},
       .rule = {.round = RoundReport{.orders = {{"n3", NodeOrder::Act::Retire, "low load", "the reserve would not be there"}},
                                     .notes = {"rule 4 fired with 0.7"}}}});
  const auto report =
      policy_report({.snapshot = snapshot, .evaluation = evaluation, .options = {}, .cluster = "c", .now = {}}, policy.ref.key);
  ASSERT_TRUE(report);
  std::ostringstream shown;
  print_policy(*report, shown);
  EXPECT_THAT(shown.str(), testing::HasSubstr("would retire n3: low load (held up: the reserve would not be there)"));
  EXPECT_THAT(shown.str(), testing::HasSubstr("rule 4 fired with 0.7"));
}

// Much of a report is others' text: an annotation must not clear the screen of whoever reads it, nor forge a row.
TEST(ShownReport, HoldsNothingThatDrivesATerminal) {
  const Report report = {
      {"message", "licence\x1b[2J\nvms/zzz  Move"}, {"gaps", {"a\x1b", 3, true}}, {"vms", {{{"na\nme", "b\t"}}}}, {"n", 1.5}};
  const Report expected = {
      {"message", "licence\\x1b[2J vms/zzz  Move"}, {"gaps", {"a\\x1b", 3, true}}, {"vms", {{{"na me", "b "}}}}, {"n", 1.5}};
  EXPECT_EQ(shown_report(report), expected);
}

}  // namespace
}  // namespace drover
