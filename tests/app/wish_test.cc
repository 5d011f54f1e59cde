#include "app/wish.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "act/fake_kube_api.h"
#include "support/manual_clock.h"

namespace drover::test {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

class WishOfAPerson : public testing::Test {
 protected:
  WishOfAPerson() {
    put_node("a", "Asleep", false);
    put_node("b", "", true);
    put_node("c", "Quarantined", false);
  }
  void put_node(const std::string& name, const std::string& life, bool ready) {
    Json node = {{"metadata", {{"name", name}, {"annotations", {{"note", "kept"}}}}},
                 {"status", {{"conditions", {{{"type", "Ready"}, {"status", ready ? "True" : "Unknown"}}}}}}};
    if (!life.empty()) node["metadata"]["annotations"]["drover.dev/node-life"] = life;
    api.put(resource::kNodes, {"", name}, node);
  }
  void put_policy(const std::string& mode) {
    api.put(resource::kClusterPolicies, {"", "pack"},
            {{"metadata", {{"name", "pack"}, {"uid", "p"}}},
             {"spec", {{"type", "Consolidation"}, {"mode", mode}, {"consolidation", {{"powerDown", {{"enabled", true}}}}}}}});
  }
  int run(NodeFlags flags) {
    const auto pause = [this](Duration time) {
      clock.advance(time);
      if (meanwhile) meanwhile();
    };
    return wish({.api = api, .clock = clock, .pause = pause, .out = out, .err = err}, flags);
  }
  [[nodiscard]] std::string annotation(const std::string& node, const std::string& name) {
    return Json::parse(*api.get(resource::kNodes, {"", node}, {}))["metadata"]["annotations"].value(name, "");
  }

  FakeKubeApi api;
  ManualClock clock;
  std::ostringstream out;
  std::ostringstream err;
  std::function<void()> meanwhile;
};

TEST_F(WishOfAPerson, ToWakeIsWrittenOnTheNodeAndAwaited) {
  int looks = 0;
  meanwhile = [&] {
    if (++looks == 1) put_node("a", "Waking", false);
    if (looks == 3) put_node("a", "", true);
  };
  EXPECT_EQ(run({.names = {"a"}, .keep = hours{2}}), kExitDone);
  EXPECT_THAT(out.str(), HasSubstr("node a: Asleep\nnode a: Waking\nnode a: Active, in service\n"));
  EXPECT_THAT(api.bodies(), testing::Contains(testing::AllOf(HasSubstr(R"("drover.dev/wish":"wake")"),
                                                             HasSubstr(to_rfc3339(ManualClock().now() + hours{2})))));
}

TEST_F(WishOfAPerson, StandsWhenTheTimeToWaitIsOver) {
  EXPECT_EQ(run({.names = {"a"}, .wait = seconds{10}}), kExitFailed);
  EXPECT_THAT(err.str(), HasSubstr("the wish stands"));
  EXPECT_EQ(annotation("a", "drover.dev/wish"), "wake");
  EXPECT_EQ(annotation("a", "note"), "kept");
}

TEST_F(WishOfAPerson, ForAllGoesToThoseAtRest) {
  EXPECT_EQ(run({.all = true, .wait = seconds{1}}), kExitFailed);
  EXPECT_EQ(annotation("a", "drover.dev/wish"), "wake");
  EXPECT_EQ(annotation("b", "drover.dev/wish"), "");
  EXPECT_EQ(annotation("c", "drover.dev/wish"), "wake");
}

TEST_F(WishOfAPerson, IsTakenAway) {
  EXPECT_EQ(run({.names = {"a"}, .wait = seconds{1}}), kExitFailed);
  EXPECT_EQ(run({.act = NodeFlags::Act::Release, .names = {"a"}}), kExitDone);
  EXPECT_EQ(annotation("a", "drover.dev/wish"), "");
  EXPECT_EQ(annotation("a", "drover.dev/wish-until"), "");
}

TEST_F(WishOfAPerson, ForSleepIsRefusedWhereNoPolicySwitchesNodesOff) {
  put_policy("Recommend");
  EXPECT_EQ(run({.act = NodeFlags::Act::Sleep, .names = {"b"}}), kExitFailed);
  EXPECT_THAT(err.str(), HasSubstr("no ClusterMigrationPolicy switches nodes off"));
  put_policy("Enforce");
  meanwhile = [&] { put_node("b", "Asleep", false); };
  EXPECT_EQ(run({.act = NodeFlags::Act::Sleep, .names = {"b"}}), kExitDone);
}

TEST_F(WishOfAPerson, OfANodeThatIsNotThereHoldsUpNoOther) {
  put_node("a", "", true);
  EXPECT_EQ(run({.names = {"zzz", "a"}}), kExitFailed);
  EXPECT_THAT(err.str(), HasSubstr("node zzz: "));
  EXPECT_EQ(annotation("a", "drover.dev/wish"), "wake");
}

TEST_F(WishOfAPerson, IsWrittenAgainWhenSomebodyElseWasFirst) {
  put_node("b", "", true);
  api.order({"replace", "nodes", Error{ErrorClass::Conflict, "modified", 409}});
  EXPECT_EQ(run({.names = {"b"}}), kExitDone);
  EXPECT_EQ(annotation("b", "drover.dev/wish"), "wake");
}

}  // namespace
}  // namespace drover::test
