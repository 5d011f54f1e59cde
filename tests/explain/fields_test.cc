// Every field of the API that a person writes: it changes what is read, or Drover says that it has no effect. Who adds a field adds
// a row.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "codec/policy.h"
#include "codec/power_profile.h"
#include "core/rules.h"
#include "core/status.h"
#include "support/crd_fields.h"

namespace drover {
namespace {

using Json = nlohmann::json;
using test::fields_of;

// Two specs that differ in one field.
struct Row {
  Json with;
  Json without;
};

Json threshold(const Json& more) {
  Json spec = {{"type", "Threshold"}, {"threshold", {{"signal", {{"kubevirtMetric", {{"name", "CPUDelay"}}}}}, {"level", 1}}}};
  spec.merge_patch(more);
  return spec;
}
Json signal(const char* kind, const Json& settings) {
  return {{"type", "Threshold"}, {"threshold", {{"level", 1}, {"signal", {{kind, settings}}}}}};
}
Json consolidation(const Json& settings) {
  return {{"type", "Consolidation"}, {"consolidation", settings}};
}

const std::map<std::string, Row>& policy_rows() {
  static const auto kRows = [] {
    std::map<std::string, Row> rows;
    const auto common = [&](const std::string& path, const Json& with, const Json& without = Json::object()) {
      rows["spec." + path] = {threshold(with), threshold(without)};
    };
    const Json expression = {{"key", "a"}, {"operator", "In"}, {"values", Json::array({"b"})}};
    const auto expressions = [&](const std::string& selector, const char* field, const Json& value) {
      Json changed = expression;
      changed[field] = value;
      common(selector + ".matchExpressions." + field, {{selector, {{"matchExpressions", Json::array({changed})}}}},
             {{selector, {{"matchExpressions", Json::array({expression})}}}});
    };
    for (const char* selector : {"selector", "namespaceSelector"}) {
      common(std::string(selector) + ".matchLabels", {{selector, {{"matchLabels", {{"a", "b"}}}}}});
      expressions(selector, "key", "c");
      expressions(selector, "operator", "NotIn");
      expressions(selector, "values", Json::array({"c"}));
    }
    common("mode", {{"mode", "Enforce"}});
    common("suspend", {{"suspend", true}});
    common("namespaces", {{"namespaces", Json::array({"a"})}});
    const Json window = {{"cron", "@daily"}, {"duration", "1h"}};
    const Json budget = {{"migrations", 2}, {"schedule", "@daily"}, {"duration", "1h"}};
    for (const auto& [field, value] :
         std::map<std::string, Json>{{"cron", "@weekly"}, {"duration", "2h"}, {"timeZone", "Europe/Berlin"}}) {
      Json changed = window;
      changed[field] = value;
      common("schedule." + field, {{"schedule", Json::array({changed})}}, {{"schedule", Json::array({window})}});
      const std::string in_budget = field == "cron" ? "schedule" : field;
      changed = budget;
      changed[in_budget] = value;
      common("disruption.budgets." + in_budget, {{"disruption", {{"budgets", Json::array({changed})}}}},
             {{"disruption", {{"budgets", Json::array({budget})}}}});
    }
    common("disruption.budgets.migrations", {{"disruption", {{"budgets", Json::array({{{"migrations", 3}}})}}}});
    common("perVM.cooldown", {{"perVM", {{"cooldown", "1h"}}}});
    common("perVM.movesPerDay", {{"perVM", {{"movesPerDay", 1}}}});
    common("targets.nodeSelector", {{"targets", {{"nodeSelector", {{"a", "b"}}}}}});
    common("targets.zones", {{"targets", {{"zones", Json::array({"a"})}}}});
    const std::map<std::string, Json> settings{{"direction", "Below"}, {"level", 2},       {"hysteresis", 0.5},
                                               {"for", "9m"},          {"interval", "9m"}, {"minimumGain", 1}};
    for (const auto& [field, value] : settings) common("threshold." + field, {{"threshold", {{field, value}}}});
    for (const char* field : {"query", "namespaceLabel", "nameLabel"}) {
      Json changed = {{"query", "q"}};
      changed[field] = "other";
      rows["spec.threshold.signal.promql." + std::string(field)] = {signal("promql", changed), signal("promql", {{"query", "q"}})};
    }
    rows["spec.threshold.signal.kubevirtMetric.name"] = {signal("kubevirtMetric", {{"name", "CPUDelay"}}),
                                                         signal("kubevirtMetric", {{"name", "CPUUtilization"}})};
    rows["spec.threshold.signal.kubevirtMetric.window"] = {signal("kubevirtMetric", {{"name", "CPUDelay"}, {"window", "9m"}}),
                                                           signal("kubevirtMetric", {{"name", "CPUDelay"}})};
    rows["spec.threshold.signal.guestReport.name"] = {signal("guestReport", {{"name", "a"}}),
                                                      signal("guestReport", {{"name", "b"}})};
    rows["spec.threshold.signal.named.name"] = {signal("named", {{"name", "a"}}), signal("named", {{"name", "b"}})};
    rows["spec.type"] = {threshold(Json::object()), consolidation(Json::object())};
    const auto packing = [&](const std::string& path, const Json& with) {
      rows["spec.consolidation." + path] = {consolidation(with), consolidation(Json::object())};
    };
    packing("strategy", {{"strategy", "Fuzzy"}});
    packing("nodes.matchLabels", {{"nodes", {{"matchLabels", {{"a", "b"}}}}}});
    packing("nodes.matchExpressions", {{"nodes", {{"matchExpressions", Json::array({expression})}}}});
    packing("interval", {{"interval", "9m"}});
    packing("maxMoves", {{"maxMoves", 3}});
    packing("reserve", {{"reserve", 3}});
    packing("retirementThreshold", {{"retirementThreshold", "9m"}});
    packing("overload", {{"overload", 0.7}});
    packing("lowLoad", {{"lowLoad", 0.2}});
    packing("moveCostJoules", {{"moveCostJoules", 7}});
    packing("powerDown.enabled", {{"powerDown", {{"enabled", true}}}});
    packing("powerDown.after", {{"powerDown", {{"after", "9m"}}}});
    packing("powerDown.maxResting", {{"powerDown", {{"maxResting", "20%"}}}});
    packing("powerDown.forecast", {{"powerDown", {{"forecast", "Weekly"}}}});
    const auto wake_test = [&](const std::string& field, const Json& value) {
      Json window = {{"schedule", "0 3 * * sat"}, {"duration", "4h"}, {"timeZone", "Europe/Berlin"}, {"every", "240h"}};
      const Json without = window;
      window[field] = value;
      rows["spec.consolidation.powerDown.wakeTest." + field] = {consolidation({{"powerDown", {{"wakeTest", window}}}}),
                                                                consolidation({{"powerDown", {{"wakeTest", without}}}})};
    };
    wake_test("schedule", "0 4 * * sun");
    wake_test("duration", "3h");
    wake_test("timeZone", "Europe/Paris");
    wake_test("every", "480h");
    packing("powerDown.maxSleep", {{"powerDown", {{"maxSleep", "99h"}}}});
    packing("powerDown.drain.pods", {{"powerDown", {{"drain", {{"pods", "Keep"}}}}}});
    packing("powerDown.drain.localData", {{"powerDown", {{"drain", {{"localData", true}}}}}});
    packing("powerDown.drain.jobs", {{"powerDown", {{"drain", {{"jobs", true}}}}}});
    packing("powerDown.drain.barePods", {{"powerDown", {{"drain", {{"barePods", true}}}}}});
    packing("powerDown.drain.deadline", {{"powerDown", {{"drain", {{"deadline", "9m"}}}}}});
    return rows;
  }();
  return kRows;
}

Policy policy_of(const Json& spec) {
  const auto policy = decode_policy(Json{{"metadata", {{"name", "p"}, {"uid", "u"}}}, {"spec", spec}}.dump());
  EXPECT_TRUE(policy) << spec;
  EXPECT_EQ(policy.value_or({}).problem, "") << spec;
  return policy.value_or({});
}

TEST(Fields, OfPoliciesChangeThePolicyOrItsTypeSaysThatItIsNotActedOn) {
  for (const char* crd : {"migrationpolicies.yaml", "clustermigrationpolicies.yaml"}) {
    const std::set<std::string> fields = fields_of(crd);
    EXPECT_GT(fields.size(), 40U) << crd;
    for (const std::string& field : fields) {
      bool said = field == "spec.consolidation";  // of a MigrationPolicy: it is refused
      for (const auto& [member, type] : std::map<std::string, PolicySettings>{
               {"geo", GeoSettings{}}, {"encrypted", EncryptedSettings{}}, {"randomInterval", RandomIntervalSettings{}}}) {
        if (!field.starts_with("spec." + member + ".")) continue;
        Policy policy;
        policy.spec.settings = type;
        EXPECT_FALSE(is_acted_on(type));
        said = readiness({}, policy, make_rules()(policy).get(), {}).reason == ConditionReason::NotImplemented;
      }
      const auto row = policy_rows().find(field);
      EXPECT_TRUE(said || row != policy_rows().end()) << crd << ": " << field << " has no row";
      if (said || row == policy_rows().end()) continue;
      EXPECT_FALSE(policy_of(row->second.with).spec == policy_of(row->second.without).spec) << field << " is not read";
    }
  }
}

// The field at a path such as "spec.schedule.cron", in the first item of each list on the way.
Json& field_at(Json& spec, const std::string& path) {
  Json* at = &spec;
  std::istringstream steps(path);
  std::string step;
  std::getline(steps, step, '.');  // spec
  while (std::getline(steps, step, '.')) {
    if (at->is_array()) at = &at->front();
    at = &(*at)[step];
  }
  return *at;
}

// "spec.schedule[0].cron: want a string" begins with "spec.schedule.cron".
std::string without_indices(const std::string& problem) {
  return std::regex_replace(problem, std::regex(R"(\[\d+\])"), "");
}

TEST(Fields, AValueOfTheWrongTypeIsNamedByItsOwnPathAndByNoOther) {
  for (const auto& [field, row] : policy_rows()) {
    for (const Json& wrong : {Json::array({Json::array({7})}), Json{{"a", Json::array({7})}}, Json(true)}) {
      Json spec = row.with;
      Json& value = field_at(spec, field);
      if (value.is_boolean() && wrong.is_boolean()) continue;
      value = wrong;
      const auto policy = decode_policy(Json{{"metadata", {{"name", "p"}, {"uid", "u"}}}, {"spec", spec}}.dump());
      ASSERT_TRUE(policy) << spec;
      EXPECT_TRUE(without_indices(policy->problem).starts_with(field)) << field << " is " << wrong << ": " << policy->problem;
    }
  }
}

TEST(Fields, AFigureWithoutItsUnitOrWithOneTooManyIsNamedByItsOwnPath) {
  const auto problem = [](const Json& spec) {
    const auto policy = decode_policy(Json{{"metadata", {{"name", "p"}, {"uid", "u"}}}, {"spec", spec}}.dump());
    return policy ? policy->problem : policy.error().message;
  };
  EXPECT_EQ(problem(threshold({{"threshold", {{"level", "10%"}}}})), "spec.threshold.level: want a number, have a string");
  EXPECT_EQ(problem(consolidation({{"powerDown", {{"after", 15}}}})),
            "spec.consolidation.powerDown.after: \"15\" is not a duration; write it like 90s, 5m or 1h30m");
  EXPECT_EQ(
      problem(consolidation({{"powerDown", {{"maxResting", "140%"}}}})),
      "spec.consolidation.powerDown.maxResting: \"140%\" is neither a number nor a percentage; write for example 2 or \"10%\"");
}

TEST(Fields, OfPowerProfilesChangeTheProfile) {
  const Json plain = {
      {"nodeSelector", {{"matchExpressions", Json::array({{{"key", "a"}, {"operator", "In"}, {"values", Json::array({"b"})}}})}}},
      {"model",
       {{"curve", "Linear"},
        {"idleWatts", 100},
        {"maxWatts", 200},
        {"frequencySteps", {{{"megahertz", 1000}, {"maxWatts", 90}}, {{"megahertz", 2000}, {"maxWatts", 200}}}}}}};
  const auto profile = [&](const Json& patch) {
    Json spec = plain;
    spec = spec.patch(patch);
    const auto read = decode_power_profile(Json{{"metadata", {{"name", "p"}}}, {"spec", spec}}.dump());
    EXPECT_TRUE(read) << patch;
    return read.value_or({});
  };
  const auto set = [](const char* path, const Json& value) {
    return Json::array({{{"op", "add"}, {"path", path}, {"value", value}}});
  };
  const std::map<std::string, Json> rows{
      {"spec.nodeSelector.matchLabels", set("/nodeSelector/matchLabels", {{"c", "d"}})},
      {"spec.nodeSelector.matchExpressions.key", set("/nodeSelector/matchExpressions/0/key", "c")},
      {"spec.nodeSelector.matchExpressions.operator", set("/nodeSelector/matchExpressions/0/operator", "NotIn")},
      {"spec.nodeSelector.matchExpressions.values", set("/nodeSelector/matchExpressions/0/values", Json::array({"c"}))},
      {"spec.priority", set("/priority", 7)},
      {"spec.model.curve", set("/model/curve", "Cubic")},
      {"spec.model.idleWatts", set("/model/idleWatts", 50)},
      {"spec.model.maxWatts", set("/model/maxWatts", 300)},
      {"spec.model.standbyWatts", set("/model/standbyWatts", 3)},
      {"spec.model.frequencySteps.megahertz", set("/model/frequencySteps/0/megahertz", 1500)},
      {"spec.model.frequencySteps.maxWatts", set("/model/frequencySteps/0/maxWatts", 80)},
      {"spec.boot.time", set("/boot", {{"time", "9m"}})},
      {"spec.boot.joules", set("/boot", {{"joules", 9}})},
      {"spec.shutdown", set("/shutdown", {{"time", "9m"}})},
      {"spec.driver.type", set("/driver", {{"type", "Redfish"}})},
      {"spec.driver.redfish.address", set("/driver", {{"redfish", {{"address", "https://b"}}}})},
      {"spec.driver.redfish.systemID", set("/driver", {{"redfish", {{"systemID", "1"}}}})},
      {"spec.driver.redfish.secret.namespace", set("/driver", {{"redfish", {{"secret", {{"namespace", "n"}}}}}})},
      {"spec.driver.redfish.secret.name", set("/driver", {{"redfish", {{"secret", {{"name", "n"}}}}}})},
      {"spec.driver.redfish.caBundle", set("/driver", {{"redfish", {{"caBundle", "PEM"}}}})},
      {"spec.driver.redfish.sha256Fingerprint", set("/driver", {{"redfish", {{"sha256Fingerprint", std::string(64, 'a')}}}})},
      {"spec.driver.redfish.insecureSkipVerify", set("/driver", {{"redfish", {{"insecureSkipVerify", true}}}})},
      {"spec.driver.redfish.authentication", set("/driver", {{"redfish", {{"authentication", "Session"}}}})},
      {"spec.driver.redfish.minimumTLS", set("/driver", {{"redfish", {{"minimumTLS", "1.1"}}}})},
      {"spec.driver.metal3.namespace", set("/driver", {{"metal3", {{"namespace", "n"}}}})},
      {"spec.driver.wakeOnLAN.macAnnotation", set("/driver", {{"wakeOnLAN", {{"macAnnotation", "a/mac"}}}})},
      {"spec.driver.wakeOnLAN.broadcast", set("/driver", {{"wakeOnLAN", {{"broadcast", "10.0.0.255"}}}})},
      {"spec.driver.wakeOnLAN.shutdown.namespace", set("/driver", {{"wakeOnLAN", {{"shutdown", {{"namespace", "n"}}}}}})},
      {"spec.driver.wakeOnLAN.shutdown.image", set("/driver", {{"wakeOnLAN", {{"shutdown", {{"image", "i"}}}}}})},
      {"spec.driver.wakeOnLAN.shutdown.serviceAccountName",
       set("/driver", {{"wakeOnLAN", {{"shutdown", {{"serviceAccountName", "s"}}}}}})},
      {"spec.driver.libvirt.uri", set("/driver", {{"libvirt", {{"uri", "test:///default"}}}})},
      {"spec.driver.libvirt.domain", set("/driver", {{"libvirt", {{"domain", "d"}}}})},
      {"spec.driver.libvirt.suspend.target", set("/driver", {{"libvirt", {{"suspend", {{"target", "Disk"}}}}}})},
      {"spec.driver.libvirt.suspend.wakeAfter", set("/driver", {{"libvirt", {{"suspend", {{"wakeAfter", "2h"}}}}}})},
      {"spec.limits.cyclesPerDay", set("/limits", {{"cyclesPerDay", 9}})},
      {"spec.limits.minimumOn", set("/limits", {{"minimumOn", "9m"}})},
      {"spec.limits.forceOffAfter", set("/limits", {{"forceOffAfter", "9m"}})},
      {"spec.limits.wakeDeadline", set("/limits", {{"wakeDeadline", "9m"}})}};
  Json table = Json::array();
  for (int i = 0; i <= 10; ++i) table.push_back(100 + i * i);
  for (const std::string& field : fields_of("powerprofiles.yaml")) {
    if (field == "spec.model.watts") {
      Json of_table = set("/model/curve", "Table");
      of_table.push_back({{"op", "add"}, {"path", "/model/watts"}, {"value", table}});
      EXPECT_FALSE(profile(of_table) == profile(Json::array()));
    } else if (const auto row = rows.find(field); row != rows.end()) {
      EXPECT_FALSE(profile(row->second) == profile(Json::array())) << field << " is not read";
    } else {
      ADD_FAILURE() << field << " has no row";
    }
  }
}

}  // namespace
}  // namespace drover
