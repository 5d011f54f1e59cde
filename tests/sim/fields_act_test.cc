// Nothing of a policy is inert: each field that a person writes changes what is decided or done in a simulated data centre, or the
// policy's status says that it has no effect. Who adds a field adds a row.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "codec/policy.h"
#include "sim/simulation.h"
#include "support/crd_fields.h"

namespace drover::sim {
namespace {

using Json = nlohmann::json;

// Twelve VMs of two kinds and two namespaces, which come at once to six nodes that differ in zone and label.
Scenario world() {
  Scenario scenario;
  scenario.duration = hours{4};
  scenario.step = minutes{1};
  scenario.namespaces = {{.name = "vms", .labels = {}}, {.name = "shop", .labels = {}}};
  scenario.namespaces[0].labels.set("team", "a");
  scenario.namespaces[1].labels.set("team", "b");
  NodeGroup fast;
  fast.name = "fast";
  fast.count = 3;
  fast.cores = 8;
  fast.zones = {"a", "b"};
  fast.labels.set("pool", "fast");
  NodeGroup slow = fast;
  slow.name = "slow";
  slow.labels.set("pool", "slow");
  scenario.nodes = {fast, slow};
  for (const auto& [ns, app] : std::vector<std::pair<std::string, std::string>>{{"vms", "web"}, {"vms", "db"}, {"shop", "web"}}) {
    VmGroup vms;
    vms.name = app;
    vms.ns = ns;
    vms.count = 0;
    vms.arrives_at = std::vector<Duration>(4, seconds{1});  // while the other nodes take none
    vms.vcpus = 2;
    vms.memory_bytes = std::int64_t{2} << 30;
    vms.demand = WalkDemand{.low = 0.05, .high = 0.9, .step = 0.2};
    vms.labels.set("app", app);
    vms.ends_at = {hours{1}};  // the first of them
    scenario.vms.push_back(vms);
  }
  return scenario;
}

Policy policy_of(const Json& spec, bool cluster_wide) {
  Json metadata = {{"name", "p"}, {"uid", "u"}, {"generation", 1}, {"creationTimestamp", "2026-01-05T00:00:00Z"}};
  if (!cluster_wide) metadata["namespace"] = "vms";
  const auto policy = decode_policy(Json{{"metadata", metadata}, {"spec", spec}}.dump());
  EXPECT_TRUE(policy) << spec;
  EXPECT_EQ(policy.value_or({}).problem, "") << spec;
  return policy.value_or({});
}

// What was decided and done, as one word, and what the policy's status says last.
struct Ran {
  std::string hash;
  std::string status;
};

Ran run(const Json& spec, bool cluster_wide, bool spread = false) {
  Scenario scenario = world();
  // A signal that was captured: all of its VMs are breached by it.
  CapturedSignal captured{.signal = PromQlSignal{.query = "q"}, .table = {}};
  for (int i = 1; i <= 4; ++i) captured.table.values[{"vms", "web-" + std::to_string(i)}] = 9;
  scenario.signals.push_back(captured);
  captured.signal = NamedSignal{.name = "a", .unit = ""};
  scenario.signals.push_back(captured);
  Simulation s(std::move(scenario), {});
  s.begin();
  s.api().set_time_zone({.name = "UTC"});
  s.api().set_time_zone({.name = "Europe/Berlin", .before_first = hours{1}});  // in winter
  for (std::size_t i = spread ? 6 : 1; i < s.world().nodes().size(); ++i)
    s.api().change_node(s.world().nodes()[i].name, [](Node& node) { node.unschedulable = true; });
  s.run_until(s.scenario().start + minutes{1});
  for (std::size_t i = 1; i < s.world().nodes().size(); ++i)
    s.api().change_node(s.world().nodes()[i].name, [](Node& node) { node.unschedulable = false; });
  const Policy policy = policy_of(spec, cluster_wide);
  s.api().put(policy);
  s.run();
  Ran ran{.hash = s.report().decisions_hash, .status = ""};
  for (const Condition& condition : s.api().view().policy(policy.ref)->status.conditions) {
    if (condition.type == "Ready") ran.status = std::string(condition.reason.text()) + ": " + condition.message;
  }
  EXPECT_EQ(s.report().invariant_violations, 0U);
  return ran;
}

// Two specs that differ in the field.
struct Row {
  Json with;
  Json without;
  bool cluster_wide = false;
  bool spread = false;  // the VMs are on all nodes
};

Json merged(Json base, const Json& more) {
  base.merge_patch(more);
  return base;
}
Json threshold(const Json& more = Json::object()) {
  return merged(
      {{"type", "Threshold"},
       {"mode", "Enforce"},
       {"perVM", {{"cooldown", "1m"}, {"movesPerDay", 1000}}},
       {"threshold",
        {{"signal", {{"kubevirtMetric", {{"name", "CPUDelay"}}}}}, {"level", 0.05}, {"for", "10s"}, {"interval", "10s"}}}},
      more);
}
// Of a signal that no KubeVirt metric is.
Json signal(const char* kind, const Json& settings) {
  Json spec = threshold();
  spec["threshold"]["signal"] = {{kind, settings}};
  return spec;
}
Json consolidation(const Json& settings = Json::object()) {
  Json spec = {{"type", "Consolidation"},
               {"mode", "Enforce"},
               {"disruption", {{"budgets", {{{"migrations", 4}}}}}},
               {"perVM", {{"cooldown", "5m"}, {"movesPerDay", 1000}}},
               {"consolidation", {{"interval", "2m"}, {"powerDown", {{"enabled", true}, {"after", "2m"}, {"maxResting", "80%"}}}}}};
  spec["consolidation"].merge_patch(settings);
  return spec;
}

std::map<std::string, Row> rows() {
  std::map<std::string, Row> rows;
  const auto owners = [&](const std::string& field, const Json& with, const Json& without = Json::object()) {
    rows["spec." + field] = {threshold(with), threshold(without)};
  };
  const auto packs = [&](const std::string& field, const Json& with, const Json& without = Json::object()) {
    rows["spec.consolidation." + field] = {consolidation(with), consolidation(without), true};
  };
  const auto selects = [&](const std::string& selector, const char* key, const char* value, const char* other, const auto& spec,
                           bool cluster_wide) {
    const auto expression = [&](const char* k, const char* op, const char* v) {
      return Json{{"matchExpressions", {{{"key", k}, {"operator", op}, {"values", {v}}}}}};
    };
    const auto row = [&](const std::string& field, const Json& with, const Json& without) {
      rows["spec." + selector + field] = {spec(with), spec(without), cluster_wide};
    };
    row(".matchLabels", {{"matchLabels", {{key, value}}}}, Json::object());
    row(".matchExpressions.key", expression("nobody", "In", value), expression(key, "In", value));
    row(".matchExpressions.operator", expression(key, "NotIn", value), expression(key, "In", value));
    row(".matchExpressions.values", expression(key, "In", other), expression(key, "In", value));
  };
  selects(
      "selector", "app", "web", "db",
      [](const Json& selector) {
        return threshold({{"selector", selector}});
      },
      false);
  selects(
      "namespaceSelector", "team", "a", "b",
      [](const Json& selector) {
        return threshold({{"namespaceSelector", selector}});
      },
      true);
  selects(
      "consolidation.nodes", "pool", "fast", "slow",
      [](const Json& selector) {
        return consolidation({{"nodes", selector}});
      },
      true);
  rows["spec.namespaces"] = {threshold({{"namespaces", {"shop"}}}), threshold(), true};
  rows["spec.type"] = {consolidation(), threshold(), true};
  owners("mode", {{"mode", "Recommend"}});
  owners("suspend", {{"suspend", true}});
  const Json window = {{"cron", "0 1 * * *"}, {"duration", "1m"}};
  const Json budget = {{"migrations", 0}, {"schedule", "0 0 * * *"}, {"duration", "1h"}};
  for (const auto& [field, value] :
       std::map<std::string, Json>{{"cron", "0 2 * * *"}, {"duration", "3h"}, {"timeZone", "Europe/Berlin"}}) {
    owners("schedule." + field, {{"schedule", {merged(window, {{field, value}})}}}, {{"schedule", {window}}});
    const std::string in_budget = field == "cron" ? "schedule" : field;
    owners("disruption.budgets." + in_budget, {{"disruption", {{"budgets", {merged(budget, {{in_budget, value}})}}}}},
           {{"disruption", {{"budgets", {budget}}}}});
  }
  owners("disruption.budgets.migrations", {{"disruption", {{"budgets", {{{"migrations", 3}}}}}}});
  owners("perVM.cooldown", {{"perVM", {{"cooldown", "6h"}}}});
  const Json restless = {
      {"threshold", {{"signal", {{"kubevirtMetric", {{"name", "CPUUtilization"}}}}}, {"level", 0.02}, {"minimumGain", 0}}}};
  owners("perVM.movesPerDay", merged(restless, {{"perVM", {{"movesPerDay", 1}}}}), restless);
  owners("targets.nodeSelector", {{"targets", {{"nodeSelector", {{"pool", "slow"}}}}}});
  owners("targets.zones", {{"targets", {{"zones", {"b"}}}}});
  for (const auto& [field, value] : std::map<std::string, Json>{
           {"direction", "Below"}, {"level", 0.2}, {"hysteresis", 0.04}, {"for", "9m"}, {"interval", "9m"}, {"minimumGain", 0.9}}) {
    owners("threshold." + field, {{"threshold", {{field, value}}}});
  }
  for (const auto& [field, value] :
       std::map<std::string, std::string>{{"query", "r"}, {"namespaceLabel", "ns"}, {"nameLabel", "vm"}})
    rows["spec.threshold.signal.promql." + field] = {signal("promql", merged({{"query", "q"}}, {{field, value}})),
                                                     signal("promql", {{"query", "q"}})};
  rows["spec.threshold.signal.named.name"] = {signal("named", {{"name", "b"}}), signal("named", {{"name", "a"}})};
  rows["spec.threshold.signal.kubevirtMetric.name"] = {signal("kubevirtMetric", {{"name", "CPUUtilization"}}), threshold()};
  packs("strategy", {{"strategy", "Fuzzy"}});
  packs("interval", {{"interval", "9m"}});
  packs("maxMoves", {{"maxMoves", 1}});
  packs("reserve", {{"reserve", 3}});
  rows["spec.consolidation.retirementThreshold"] = {
      consolidation({{"strategy", "DynamicRoundRobin"}, {"retirementThreshold", "1h"}}),
      consolidation({{"strategy", "DynamicRoundRobin"}}), true, true};
  packs("overload", {{"overload", 0.5}});
  packs("lowLoad", {{"strategy", "Fuzzy"}, {"lowLoad", 0.05}}, {{"strategy", "Fuzzy"}});
  packs("moveCostJoules", {{"moveCostJoules", 1e6}});
  packs("powerDown.enabled", {{"powerDown", {{"enabled", false}}}});
  packs("powerDown.after", {{"powerDown", {{"after", "30m"}}}});
  packs("powerDown.maxResting", {{"powerDown", {{"maxResting", 1}}}});
  return rows;
}

// Fields that are not acted on yet: the status says so.
std::string says_so(const std::string& field) {
  if (field.starts_with("spec.geo.")) return run({{"type", "Geo"}, {"geo", Json::object()}}, false).status;
  if (field.starts_with("spec.encrypted.")) return run({{"type", "Encrypted"}, {"encrypted", Json::object()}}, false).status;
  if (field.starts_with("spec.randomInterval.")) {
    return run({{"type", "RandomInterval"}, {"randomInterval", Json::object()}}, false).status;
  }
  if (field.starts_with("spec.threshold.signal.guestReport.")) return run(signal("guestReport", {{"name", "fps"}}), false).status;
  return "";
}

TEST(FieldsOfPolicies, EachChangesWhatIsDecidedOrTheStatusSaysThatItDoesNot) {
  std::map<std::string, Row> all = rows();
  std::map<std::string, std::string> done;  // by spec
  const auto hash_of = [&](const Json& spec, const Row& row) {
    std::string& hash = done[spec.dump() + (row.cluster_wide ? "c" : "") + (row.spread ? "s" : "")];
    if (hash.empty()) hash = run(spec, row.cluster_wide, row.spread).hash;
    return hash;
  };
  for (const auto& [field, row] : all) {
    EXPECT_NE(hash_of(row.with, row), hash_of(row.without, row)) << field << " changes nothing";
  }
}

TEST(FieldsOfPolicies, NoneIsForgotten) {
  const std::map<std::string, Row> all = rows();
  for (const char* crd : {"migrationpolicies.yaml", "clustermigrationpolicies.yaml"}) {
    for (const std::string& field : test::fields_of(crd)) {
      const auto row = all.lower_bound(field);  // or rows of what is in it
      if (row != all.end() && row->first.starts_with(field)) continue;
      if (field == "spec.consolidation") continue;  // of a MigrationPolicy: it is refused
      // Of how Prometheus is asked: its adapter's tests show the query. A simulated one tells what is, and `drover simulate` says
      // so.
      if (field == "spec.threshold.signal.kubevirtMetric.window") continue;
      // Simulated machines bear no pods but those of VMs, and these days are too short for it: tests/core/drain_test.cc and
      // node_power_test.cc show that they act.
      if (field.starts_with("spec.consolidation.powerDown.drain") || field == "spec.consolidation.powerDown.maxSleep") continue;
      if (field.starts_with("spec.consolidation.powerDown.wakeTest")) continue;  // likewise: tests/core/wake_tests_test.cc
      if (field == "spec.consolidation.powerDown.forecast") continue;            // likewise: tests/sim/forecast_test.cc
      const std::string said = says_so(field);
      EXPECT_TRUE(said.starts_with("NotImplemented: ") || said.starts_with("SignalInvalid: "))
          << crd << ": " << field << ": " << said;
    }
  }
}

}  // namespace
}  // namespace drover::sim
