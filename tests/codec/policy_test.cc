#include "codec/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "codec/labels.h"

namespace drover {
namespace {

Policy read(std::string_view spec, std::string_view metadata = R"({"name":"p","namespace":"vms"})") {
  auto policy = decode_policy("{\"metadata\":" + std::string(metadata) + ",\"spec\":" + std::string(spec) + "}");
  EXPECT_TRUE(policy) << policy.error().message;
  return policy.value_or({});
}

constexpr std::string_view kThreshold =
    R"("type":"Threshold","threshold":{"signal":{"kubevirtMetric":{"name":"CPUDelay"}},"level":1})";
std::string with(std::string_view more) {
  return "{" + std::string(kThreshold) + "," + std::string(more) + "}";
}
std::string threshold(std::string_view body) {
  return R"({"type":"Threshold","threshold":)" + std::string(body) + "}";
}

TEST(Policy, IsReadWhole) {
  const Policy policy =
      read(R"({"type":"Threshold","mode":"Enforce","suspend":true,
    "selector":{"matchLabels":{"app":"db"},"matchExpressions":[{"key":"tier","operator":"NotIn","values":["x"]}]},
    "schedule":[{"cron":"0 22 * * *","duration":"6h","timeZone":"Europe/Berlin"},{"cron":"@daily","duration":"1h"}],
    "disruption":{"budgets":[{"migrations":2},{"migrations":"10%"},{"migrations":0,"schedule":"0 8 * * mon-fri","duration":"10h"}]},
    "perVM":{"cooldown":"20m","movesPerDay":3},"targets":{"nodeSelector":{"pool":"fast"},"zones":["a","b"]},
    "threshold":{"signal":{"promql":{"query":"q","namespaceLabel":"ns","nameLabel":"vm"}},"direction":"Below","level":0.8,"hysteresis":0.1,
      "for":"90s","interval":"10s","minimumGain":0.25}})",
           R"({"name":"p","namespace":"vms","uid":"u","generation":3,"creationTimestamp":"2026-11-22T10:00:00Z"})");
  using Op = Requirement::Operator;
  EXPECT_EQ(policy.problem, "");
  EXPECT_EQ(policy.ref, (PolicyRef{{"vms", "p"}, "u"}));
  EXPECT_EQ(policy.generation, 3);
  EXPECT_EQ(policy.created, parse_rfc3339("2026-11-22T10:00:00Z"));
  PolicySpec wanted;
  wanted.mode = PolicyMode::Enforce;
  wanted.suspend = true;
  wanted.selector = {{{"app", Op::In, {"db"}}, {"tier", Op::NotIn, {"x"}}}};
  wanted.schedule = {{"0 22 * * *", hours{6}, "Europe/Berlin"}, {"@daily", hours{1}, "UTC"}};
  wanted.budgets = {{2, {}, {}}, {0, 10.0, {}}, {0, {}, Window{"0 8 * * mon-fri", hours{10}, "UTC"}}};
  wanted.per_vm = {minutes{20}, 3};
  wanted.targets = {labels_of({{"pool", "fast"}}), {"a", "b"}};
  wanted.settings = ThresholdSettings{.signal = PromQlSignal{"q", "ns", "vm"},
                                      .direction = Direction::Below,
                                      .level = 0.8,
                                      .hysteresis = 0.1,
                                      .for_duration = seconds{90},
                                      .interval = seconds{10},
                                      .minimum_gain = 0.25};
  EXPECT_EQ(policy.spec, wanted);
}

TEST(Policy, HasTheDefaultsOfTheSchema) {
  const Policy policy = read("{" + std::string(kThreshold) + "}");
  EXPECT_EQ(policy.problem, "");
  EXPECT_EQ(policy.spec.mode, PolicyMode::Recommend);
  EXPECT_EQ(policy.spec.budgets, (std::vector<Budget>{{1, {}, {}}}));
  EXPECT_EQ(policy.spec.per_vm, (PerVm{minutes{15}, 4}));
  EXPECT_EQ(std::get<ThresholdSettings>(policy.spec.settings),
            (ThresholdSettings{.signal = KubeVirtMetricSignal{KubeVirtMetric::CpuDelay, minutes{2}},
                               .direction = Direction::Above,
                               .level = 1,
                               .hysteresis = 0,
                               .for_duration = minutes{1},
                               .interval = seconds{30},
                               .minimum_gain = 0.1}));
}

TEST(Policy, OfAClusterHasNoNamespaceAndSelectsThem) {
  const Policy policy = read(R"({"type":"Consolidation","consolidation":{"strategy":"Fuzzy"},
    "namespaces":["a"],"namespaceSelector":{"matchLabels":{"x":"y"}}})",
                             R"({"name":"c"})");
  EXPECT_EQ(policy.problem, "");
  EXPECT_TRUE(policy.ref.cluster_wide());
  EXPECT_EQ(policy.spec.namespace_names, std::vector<std::string>{"a"});
  EXPECT_EQ(policy.spec.namespaces.requirements.size(), 1U);
  EXPECT_EQ(std::get<ConsolidationSettings>(policy.spec.settings).strategy, ConsolidationStrategy::Fuzzy);
}

TEST(Policy, OfConsolidationIsReadWhole) {
  const Policy policy =
      read(R"({"type":"Consolidation","consolidation":{"strategy":"DynamicRoundRobin","interval":"30s","maxMoves":3,
    "nodes":{"matchLabels":{"pool":"vms"}},"reserve":"15%","retirementThreshold":"0s","overload":0.9,"lowLoad":0.2,"moveCostJoules":2500,
    "powerDown":{"enabled":true,"after":"1m","maxResting":"40%","forecast":"Weekly",
      "wakeTest":{"schedule":"0 3 * * sat","duration":"4h","timeZone":"Europe/Berlin","every":"240h"}}}})",
           R"({"name":"c"})");
  EXPECT_EQ(policy.problem, "");
  ConsolidationSettings wanted{
      .strategy = ConsolidationStrategy::DynamicRoundRobin,
      .nodes = {{{"pool", Requirement::Operator::In, {"vms"}}}},
      .interval = seconds{30},
      .max_moves = 3,
      .reserve_nodes = 0,
      .reserve_percent = 15,
      .retirement_threshold = Duration::zero(),
      .overload = 0.9,
      .low_load = 0.2,
      .move_cost_joules = 2500,
      .power_down = {.enabled = true, .after = minutes{1}, .max_resting_percent = 40, .forecast = Forecasting::Weekly}};
  wanted.power_down.wake_test = {.window = {.cron = "0 3 * * sat", .duration = hours{4}, .time_zone = "Europe/Berlin"},
                                 .every = hours{240}};
  EXPECT_EQ(std::get<ConsolidationSettings>(policy.spec.settings), wanted);
}

TEST(Policy, OfConsolidationSaysWhatToMend) {
  const auto problem = [](const std::string& member) {
    return read(R"({"type":"Consolidation","consolidation":)" + member + "}", R"({"name":"c"})").problem;
  };
  EXPECT_EQ(problem("{}"), "");
  EXPECT_EQ(problem(R"({"strategy":"Combined"})"),
            "spec.consolidation.strategy: \"Combined\" is no strategy; write Balanced, DynamicRoundRobin, Fuzzy or Placement");
  EXPECT_EQ(problem(R"({"overload":1.5})"), "spec.consolidation.overload: must be from 0 to 1");
  EXPECT_EQ(problem(R"({"overload":0.3,"lowLoad":0.3})"), "spec.consolidation: lowLoad must be lower than overload");
  EXPECT_EQ(problem(R"({"moveCostJoules":-1})"), "spec.consolidation.moveCostJoules: must be at least 0");
  EXPECT_EQ(problem(R"({"interval":"1ms"})"), "spec.consolidation.interval: must be at least 1s");
  EXPECT_EQ(problem(R"({"maxMoves":0})"), "spec.consolidation.maxMoves: must be at least 1; to stop all moves write suspend: true");
  EXPECT_EQ(problem(R"({"reserve":"all"})"),
            "spec.consolidation.reserve: \"all\" is neither a number nor a percentage; write for example 2 or \"10%\"");
  EXPECT_EQ(problem(R"({"powerDown":{"maxResting":3}})"), "");
  EXPECT_EQ(problem(R"({"powerDown":{"wakeTest":{"schedule":"@weekly","duration":"4h"}}})"), "");
  EXPECT_EQ(problem(R"({"powerDown":{"wakeTest":{"duration":"4h","every":"1h"}}})"),
            "spec.consolidation.powerDown.wakeTest.every: must be at least 24h: each test is a boot; "
            "spec.consolidation.powerDown.wakeTest: schedule is missing; write for example schedule: \"0 3 * * sat\"");
  EXPECT_EQ(problem(R"({"powerDown":{"forecast":"Daily"}})"),
            "spec.consolidation.powerDown.forecast: \"Daily\" is no forecast; write Weekly or None");
  EXPECT_EQ(
      problem(R"({"powerDown":{"maxResting":"all"}})"),
      "spec.consolidation.powerDown.maxResting: \"all\" is neither a number nor a percentage; write for example 2 or \"10%\"");
}

struct Bad {
  std::string spec;
  std::string problem;
};
class BadPolicy : public testing::TestWithParam<Bad> {};

TEST_P(BadPolicy, SaysWhatToMend) {
  EXPECT_EQ(read(GetParam().spec).problem, GetParam().problem);
}

INSTANTIATE_TEST_SUITE_P(
    Policy, BadPolicy,
    testing::Values(
        Bad{"{}", "spec.type: is missing; write Threshold, Geo, Encrypted, RandomInterval or Consolidation"},
        Bad{R"({"type":"Chaos"})",
            "spec.type: \"Chaos\" is no type; write Threshold, Geo, Encrypted, RandomInterval or Consolidation"},
        Bad{R"({"type":"Threshold"})", "spec: type Threshold goes with the member threshold and no other"},
        Bad{R"({"type":"Geo","geo":{},"encrypted":{}})", "spec: type Geo goes with the member geo and no other"},
        Bad{R"({"type":"Consolidation","consolidation":{}})", "spec.type: Consolidation is for ClusterMigrationPolicy only"},
        Bad{threshold(R"({"level":1})"),
            "spec.threshold: signal is missing; write kubevirtMetric, named, promql or guestReport under it"},
        Bad{threshold(R"({"signal":{},"level":1})"),
            "spec.threshold.signal: write exactly one of kubevirtMetric, named, promql and guestReport"},
        Bad{threshold(R"({"signal":{"promql":{"query":"q"},"guestReport":{"name":"n"}},"level":1})"),
            "spec.threshold.signal: write exactly one of kubevirtMetric, named, promql and guestReport"},
        Bad{threshold(R"({"signal":{"promql":{}},"level":1})"),
            "spec.threshold.signal.promql: query is missing; write a PromQL expression with one series per VM"},
        Bad{threshold(R"({"signal":{"kubevirtMetric":{"name":"Mood"}},"level":1})"),
            "spec.threshold.signal.kubevirtMetric: name must be CPUUtilization, CPUDelay or MemoryUtilization"},
        Bad{threshold(R"({"signal":{"guestReport":{"name":"n"}}})"),
            "spec.threshold: level is missing; write the figure from which on a VM is to move"},
        Bad{threshold(R"({"signal":{"guestReport":{"name":"n"}},"level":1,"for":"5 min"})"),
            "spec.threshold.for: \"5 min\" is not a duration; write it like 90s, 5m or 1h30m"},
        Bad{threshold(R"({"signal":{"guestReport":{"name":"n"}},"level":1,"interval":"10ms"})"),
            "spec.threshold.interval: must be at least 1s"},
        Bad{threshold(R"({"signal":{"guestReport":{"name":"n"}},"level":1,"hysteresis":-1})"),
            "spec.threshold.hysteresis: must not be negative"},
        Bad{threshold(R"({"signal":{"guestReport":{"name":"n"}},"level":1,"minimumGain":1.5})"),
            "spec.threshold.minimumGain: must be from 0 to 1"},
        Bad{threshold(R"({"signal":{"guestReport":{"name":"n"}},"level":1,"direction":"Up"})"),
            "spec.threshold.direction: \"Up\" is no direction; write Above or Below"},
        Bad{with(R"("mode":"Force")"), "spec.mode: \"Force\" is no mode; write Recommend or Enforce"},
        Bad{with(R"("schedule":[{"duration":"1h"}])"), "spec.schedule[0]: cron is missing; write for example cron: \"0 22 * * *\""},
        Bad{with(R"("schedule":[{"cron":"@daily"}])"), "spec.schedule[0]: duration is missing; write for example duration: 6h"},
        Bad{with(R"("schedule":[{"cron":"@daily","duration":"0s"}])"),
            "spec.schedule[0].duration: a window of no length never opens; write for example 6h"},
        Bad{with(R"("disruption":{"budgets":[{"migrations":"some"}]})"),
            "spec.disruption.budgets[0].migrations: \"some\" is neither a number nor a percentage; write for example 2 or "
            "\"10%\""},
        Bad{with(R"("disruption":{"budgets":[{"migrations":-1}]})"),
            "spec.disruption.budgets[0].migrations: \"-1\" is neither a number nor a percentage; write for example 2 or "
            "\"10%\""},
        Bad{with(R"("disruption":{"budgets":[{"migrations":"200%"}]})"),
            "spec.disruption.budgets[0].migrations: \"200%\" is neither a number nor a percentage; write for example 2 or "
            "\"10%\""},
        Bad{with(R"("disruption":{"budgets":[{"migrations":1},{"migrations":0,"duration":"1h"}]})"),
            "spec.disruption.budgets[1]: schedule and duration come together; write both or neither"},
        Bad{with(R"("disruption":{"budgets":[{}]})"),
            "spec.disruption.budgets[0]: migrations is missing; write for example migrations: 1"},
        Bad{with(R"("perVM":{"movesPerDay":0})"),
            "spec.perVM.movesPerDay: must be at least 1; to stop all moves write suspend: true"},
        Bad{with(R"("perVM":{"cooldown":"soon"})"),
            "spec.perVM.cooldown: \"soon\" is not a duration; write it like 90s, 5m or 1h30m"}));

TEST(Policy, WithAWrongTypeIsReadAroundIt) {
  const Policy policy =
      read(R"({"suspend":"yes","selector":{"matchLabels":{"a":"b"}},"schedule":[7],)" + std::string(kThreshold) + "}");
  EXPECT_EQ(policy.problem, "spec.suspend: want a boolean, have a string; spec.schedule[0]: want an object, have a number");
  EXPECT_EQ(policy.limits_problem, policy.problem);
  EXPECT_EQ(policy.ref.key, (ObjectKey{"vms", "p"}));
  EXPECT_EQ(policy.spec.selector.requirements.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<ThresholdSettings>(policy.spec.settings));
}

TEST(Policy, WhoseSelectorCannotBeReadSelectsAll) {
  for (const char* selector :
       {R"("a=b")", R"({"matchLabels":{"a":1}})", R"({"matchExpressions":[{"key":"a","operator":"Like"}]})"}) {
    const Policy policy = read(R"({"selector":)" + std::string(selector) + "," + std::string(kThreshold) + "}");
    EXPECT_THAT(policy.limits_problem, testing::StartsWith("spec.selector")) << selector;
    EXPECT_TRUE(policy.spec.selector.requirements.empty()) << selector;
  }
}

TEST(Policy, WhoseStatusCannotBeReadDoesNotKnowItsMoves) {
  const auto policy = decode_policy(R"({"metadata":{"name":"p","namespace":"vms"},"spec":{)" + std::string(kThreshold) +
                                    R"(},"status":{"moves":[{"vm":3}]}})");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->limits_problem, "status.moves[0].vm: want a string, have a number");
}

TEST(Policy, AMistakeInWhatItWantsLeavesItsLimitsKnown) {
  const Policy policy = read(threshold(R"({"level":1})"));
  EXPECT_NE(policy.problem, "");
  EXPECT_EQ(policy.limits_problem, "");
}

PolicyStatus full_status() {
  const Instant t = *parse_rfc3339("2026-11-22T10:00:00Z");
  PolicyStatus status;
  status.observed_generation = 3;
  status.conditions = {{"Ready", true, ConditionReason::Watching, "All is well.", 3, t}};
  status.selected_vms = 4;
  status.breaching_vms = 1;
  status.immovable_vms = 2;
  status.moves_in_flight = 1;
  status.migration_slots_used = 1;
  status.migration_slots_total = 5;
  status.verdicts = {{"db-0", Verdict::Moving, Reason::Moving, "0.93 is above 0.8.", "n2", 0.93, t},
                     {"db-1", Verdict::Immovable, Reason::NotLiveMigratable, "", "", {}, {}}};
  status.moves = {{"db-0", "u", "m", "mu", "n1", "n2", t, {}, MoveResult::InFlight, "why"},
                  {"db-0", "u", "m0", "mu0", "n0", "n1", t, t + hours{1}, MoveResult::Succeeded, "why"}};
  return status;
}

TEST(PolicyStatus, IsReadBackAsItWasWritten) {
  const PolicyRef ref{{"vms", "p"}, "u"};
  const std::string body = encode_policy_status(ref, full_status());
  const auto policy = decode_policy(body);
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->status, full_status());
  EXPECT_EQ(policy->ref, ref);
}

TEST(PolicyStatus, NamesTheObjectThatItIsFor) {
  const auto owner = nlohmann::json::parse(encode_policy_status({{"vms", "p"}, "u"}, {}));
  EXPECT_EQ(owner["apiVersion"], "policy.drover.dev/v1alpha1");
  EXPECT_EQ(owner["kind"], "MigrationPolicy");
  EXPECT_EQ(owner["metadata"], nlohmann::json::parse(R"({"name":"p","namespace":"vms","uid":"u"})"));
  EXPECT_EQ(owner["status"]["moves"], nlohmann::json::array());
  const auto cluster = nlohmann::json::parse(encode_policy_status({{"", "c"}, ""}, {}));
  EXPECT_EQ(cluster["kind"], "ClusterMigrationPolicy");
  EXPECT_EQ(cluster["metadata"], nlohmann::json::parse(R"({"name":"c"})"));
}

// An older or a newer Drover may have led before: what it wrote is shown as it is, and not lost when the status is written anew.
TEST(PolicyStatus, KeepsWordsThatAnotherVersionWrote) {
  const auto policy = decode_policy(R"({"apiVersion":"policy.drover.dev/v1alpha1","kind":"MigrationPolicy",
    "metadata":{"name":"p","namespace":"vms"},"spec":{"type":"Geo"},"status":{
      "conditions":[{"type":"Ready","status":"True","reason":"Levitating","message":"m"}],
      "verdicts":[{"vm":"a","verdict":"Postponed"},{"vm":"b","verdict":"Waiting"}],
      "moves":[{"vm":"a","startedAt":"2026-01-05T12:00:00Z","result":"Superseded"},
               {"vm":"b","startedAt":"2026-01-05T12:00:00Z","result":"Failed"}]}})");
  ASSERT_TRUE(policy);
  const PolicyStatus& status = policy->status;
  EXPECT_EQ(status.verdicts[0].verdict.text(), "Postponed");
  EXPECT_EQ(status.verdicts[1].verdict, Verdict::Waiting);
  EXPECT_NE(status.moves[0].result, MoveResult::InFlight);
  EXPECT_EQ(status.moves[1].result, MoveResult::Failed);
  const auto again = decode_policy(encode_policy_status(policy->ref, status));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->status.moves[0].result.text(), "Superseded");
  EXPECT_EQ(again->status.verdicts, status.verdicts);
  EXPECT_EQ(again->status.conditions[0].reason.text(), "Levitating");
}

TEST(PolicyStatus, LeavesOutAFigureThatIsNone) {
  PolicyStatus status;
  status.verdicts = {{.vm = "a",
                      .verdict = Verdict::Hold,
                      .reason = {},
                      .message = "",
                      .target = "",
                      .value = std::nan(""),
                      .breached_since = {}}};
  EXPECT_FALSE(nlohmann::json::parse(encode_policy_status({{"", "c"}, ""}, status))["status"]["verdicts"][0].contains("value"));
}

}  // namespace
}  // namespace drover
