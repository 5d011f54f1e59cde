#include "control/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "act/fakes.h"
#include "core/world.h"
#include "support/manual_clock.h"

namespace drover {
namespace {

using reflect::Delta;
using testing::HasSubstr;

// A loop that waits for nodes and pods.
class Pages : public testing::Test {
 protected:
  void list(Kind kind, std::vector<reflect::Delta> objects = {}) {
    Batch batch;
    batch.deltas.push_back({.kind = kind, .type = Delta::Type::RelistBegin, .object = {}, .error = {}});
    for (Delta& delta : objects) batch.deltas.push_back(std::move(delta));
    batch.deltas.push_back({.kind = kind, .type = Delta::Type::RelistEnd, .object = {}, .error = {}});
    loop.turn(std::move(batch));
  }
  void problem(ErrorClass cls) {
    Batch batch;
    batch.deltas.push_back({.kind = Kind::Pod, .type = Delta::Type::Problem, .object = {}, .error = {cls, "no"}});
    loop.turn(std::move(batch));
  }
  [[nodiscard]] nlohmann::json debug() const { return nlohmann::json::parse(debug_page(loop)); }

  test::World world;
  test::ManualClock clock{world.now};
  test::FakeLog log;
  test::FakeTelemetry telemetry;
  Loop loop{{.clock = clock,
             .log = log,
             .telemetry = telemetry,
             .dispatch = [](Effect /*effect*/) {},
             .time_zone = [](const std::string& name) -> Result<TimeZone> { return TimeZone{.name = name}; }},
            {.signals = {.owner_promql = true}},
            {Kind::Node, Kind::Pod}};
};

TEST_F(Pages, ReadyOnceAllIsListed) {
  list(Kind::Node);
  EXPECT_FALSE(ready_page(loop).ready);
  EXPECT_EQ(ready_page(loop).text, "not ready\nnot listed yet: pods\nnot leading\n");
  list(Kind::Pod);
  EXPECT_TRUE(ready_page(loop).ready);
  EXPECT_EQ(ready_page(loop).text, "ready\nnot leading\n");
}

TEST_F(Pages, NotReadyForAMissingRightButForWhatPassesByItself) {
  list(Kind::Node);
  list(Kind::Pod);
  problem(ErrorClass::Retryable);
  EXPECT_TRUE(ready_page(loop).ready);
  EXPECT_THAT(ready_page(loop).text, HasSubstr("can't be read: pods: "));
  problem(ErrorClass::Denied);
  EXPECT_FALSE(ready_page(loop).ready);
  EXPECT_THAT(ready_page(loop).text, HasSubstr("missing right: pods: "));
}

TEST_F(Pages, TheDebugPageHasItsPartsWhateverWasListed) {
  EXPECT_FALSE(debug().at("summary").at("synced").get<bool>());
  EXPECT_EQ(debug().at("summary").at("unsynced").size(), 2U);
  for (const char* part : {"policies", "inFlight", "decisions"}) EXPECT_TRUE(debug().at(part).is_array()) << part;
}

TEST_F(Pages, TheDebugPageCountsAndNamesWhatIsSeen) {
  world.add_node("n1");
  world.add_policy("policy", [](Policy& p) {
    p.spec.mode = PolicyMode::Recommend;
    p.problem = "bad cron \xff";
  });
  std::vector<Delta> nodes;
  std::vector<Delta> policies;
  for (const auto& [key, node] : world.view.nodes)
    nodes.push_back({.kind = Kind::Node, .type = Delta::Type::Upsert, .object = {key, node}, .error = {}});
  for (const auto& [key, policy] : world.view.policies)
    policies.push_back({.kind = Kind::Policy, .type = Delta::Type::Upsert, .object = {key, policy}, .error = {}});
  list(Kind::Node, nodes);
  list(Kind::Policy, policies);
  problem(ErrorClass::Denied);
  EXPECT_EQ(debug().at("summary").at("nodes"), 1);
  EXPECT_THAT(debug().at("summary").at("watchProblems").at("pods").get<std::string>(), HasSubstr("no"));
  const auto policy = debug().at("policies").at(0);
  EXPECT_EQ(policy.at("policy"), "vms/policy");
  EXPECT_EQ(policy.at("mode"), "Recommend");
  EXPECT_THAT(policy.at("problem").get<std::string>(), HasSubstr("bad cron")) << "whatever bytes it has";
}

}  // namespace
}  // namespace drover
