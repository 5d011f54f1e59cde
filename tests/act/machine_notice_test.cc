// A node that is a Machine of Cluster API is switched off only after its Machine was told, and takes that back when it serves.
#include "act/machine_notice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/fake_kube_api.h"
#include "act/fakes.h"
#include "act/perform.h"
#include "support/manual_clock.h"

namespace drover {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

const ResourceType kMachines{"cluster.x-k8s.io", "v1beta2", "machines", true};

class TellingAMachine : public testing::Test {
 protected:
  TellingAMachine() {
    Json node{{"metadata", {{"name", "n1"}, {"uid", "node-1"}}}, {"spec", {{"unschedulable", true}}}};
    node["metadata"]["annotations"] = {{"drover.dev/node-life", "Empty"},
                                       {"drover.dev/node-policy-uid", "p-1"},
                                       {"drover.dev/cordoned", "true"},
                                       {"cluster.x-k8s.io/machine", "m-1"},
                                       {"cluster.x-k8s.io/cluster-namespace", "metal"}};
    api.put(resource::kNodes, {"", "n1"}, node);
    machine("n1", Json::object());
  }
  void machine(const char* node, Json annotations) {
    api.put(kMachines, {"metal", "m-1"},
            {{"metadata", {{"name", "m-1"}, {"namespace", "metal"}, {"uid", "machine-1"}, {"annotations", std::move(annotations)}}},
             {"status", {{"nodeRef", {{"name", node}}}}}});
  }
  Result<std::string> mark(NodeLife before, NodeLife life) {
    MarkNode effect{.policy = {{"", "pack"}, "p-1"}, .node = "n1", .node_uid = "node-1", .before = before};
    effect.marks = {.life = life, .since = Instant{} + seconds{5}, .reason = "why"};
    if (life != NodeLife::Active) {
      effect.marks.policy_uid = "p-1";
      effect.marks.cordoned = true;
    }
    return test::perform(means, effect, {});
  }
  [[nodiscard]] Json annotations_of_node() const { return api.objects(resource::kNodes).at(0)["metadata"]["annotations"]; }
  [[nodiscard]] std::string told() const { return annotations_of_node().value("drover.dev/told", ""); }

  test::FakeKubeApi api;
  test::FakeMetrics metrics;
  test::ManualClock clock;
  Means means{.api = api, .metrics = metrics, .clock = clock};
};

TEST_F(TellingAMachine, ComesBeforeTheMark) {
  ASSERT_TRUE(mark(NodeLife::Empty, NodeLife::PoweringOff));
  EXPECT_TRUE(api.objects(kMachines).at(0)["metadata"]["annotations"].contains("cluster.x-k8s.io/skip-remediation"));
  EXPECT_THAT(told(), HasSubstr("cluster.x-k8s.io/skip-remediation"));
  EXPECT_LT(api.count("apply"), api.calls().size());
  EXPECT_THAT(api.calls().back(), HasSubstr("replace"));
}

TEST_F(TellingAMachine, ThatCannotBeToldLeavesItsNodeOn) {
  api.order({.verb = "apply", .resource = "machines", .error = {ErrorClass::Denied, "forbidden"}});
  const auto refused = mark(NodeLife::Empty, NodeLife::PoweringOff);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cls, ErrorClass::Denied);
  EXPECT_THAT(refused.error().message, HasSubstr("Machine metal/m-1 cannot be told that node n1 sleeps"));
  machine("n2", Json::object());
  EXPECT_THAT(mark(NodeLife::Empty, NodeLife::PoweringOff).error().message, HasSubstr("is of node \"n2\", not of n1"));
  api.drop(kMachines, {"metal", "m-1"});
  EXPECT_EQ(mark(NodeLife::Empty, NodeLife::PoweringOff).error().cls, ErrorClass::NotFound);
  EXPECT_EQ(api.count("replace"), 0U);
}

TEST_F(TellingAMachine, ThatSomebodyToldBeforeIsLeftToThem) {
  machine("n1", {{"cluster.x-k8s.io/skip-remediation", ""}});
  ASSERT_TRUE(mark(NodeLife::Empty, NodeLife::PoweringOff));
  EXPECT_EQ(api.count("apply"), 0U);
  EXPECT_EQ(told().find("skip-remediation"), std::string::npos);
}

TEST_F(TellingAMachine, AgainAfterACrashOrAConflictIsStillDroversToTakeBack) {
  api.order({.verb = "replace", .resource = "nodes", .error = {ErrorClass::Conflict, "modified"}});
  ASSERT_TRUE(mark(NodeLife::Empty, NodeLife::PoweringOff));
  EXPECT_THAT(told(), HasSubstr("cluster.x-k8s.io/skip-remediation"));
}

TEST_F(TellingAMachine, IsTakenBackWhenItsNodeServesAgain) {
  ASSERT_TRUE(mark(NodeLife::Empty, NodeLife::PoweringOff));
  ASSERT_TRUE(mark(NodeLife::PoweringOff, NodeLife::Active));
  EXPECT_EQ(api.count("apply"), 2U);
  EXPECT_FALSE(Json::parse(api.bodies().at(api.bodies().size() - 2))["metadata"].contains("annotations"))
      << "an apply without it takes off what was applied";
  EXPECT_EQ(told(), "");
}

TEST_F(TellingAMachine, ThatIsGoneHoldsUpNoNode) {
  ASSERT_TRUE(mark(NodeLife::Empty, NodeLife::PoweringOff));
  api.drop(kMachines, {"metal", "m-1"});
  EXPECT_TRUE(mark(NodeLife::PoweringOff, NodeLife::Active));
}

}  // namespace
}  // namespace drover
