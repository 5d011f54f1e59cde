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

const ObjectKey kNode{"", "n1"};

class MarkANode : public testing::Test {
 protected:
  MarkANode() { api.put(resource::kNodes, kNode, {{"metadata", {{"name", "n1"}, {"uid", "node-1"}}}, {"spec", Json::object()}}); }
  static MarkNode retire() {
    return {.policy = {{"", "pack"}, "p-1"},
            .node = "n1",
            .node_uid = "node-1",
            .before = NodeLife::Active,
            .marks = {.life = NodeLife::Retiring,
                      .since = Instant{} + seconds{5},
                      .policy_uid = "p-1",
                      .reason = "low load",
                      .cordoned = true}};
  }
  [[nodiscard]] Json node() const { return api.objects(resource::kNodes).at(0); }

  test::FakeKubeApi api;
  test::FakeMetrics metrics;
  test::ManualClock clock;
  Means means{.api = api, .metrics = metrics, .clock = clock};
};

TEST_F(MarkANode, WritesAnnotationsAndACordon) {
  ASSERT_TRUE(test::perform(means, retire(), {}));
  EXPECT_EQ(node()["metadata"]["annotations"]["drover.dev/node-life"], "Retiring");
  EXPECT_EQ(node()["spec"]["unschedulable"], true);
  EXPECT_FALSE(node()["spec"].contains("taints"));
}

// Its life is as asked for, and yet it is not marked as it should be.
TEST_F(MarkANode, TakesOverAMarkOfAnEarlierVersion) {
  Json old = node();
  old["metadata"]["annotations"] = {{"drover.dev/node-life", "Retiring"}, {"drover.dev/node-policy-uid", "p-1"}};
  old["spec"]["taints"] = {{{"key", "drover.dev/retiring"}, {"effect", "NoSchedule"}}};
  api.put(resource::kNodes, {"", "n1"}, old);
  auto same = retire();
  same.before = NodeLife::Retiring;
  ASSERT_TRUE(test::perform(means, same, {}));
  EXPECT_EQ(node()["spec"]["unschedulable"], true);
  EXPECT_FALSE(node()["spec"].contains("taints"));
}

TEST_F(MarkANode, TwiceIsOnce) {
  ASSERT_TRUE(test::perform(means, retire(), {}));
  ASSERT_TRUE(test::perform(means, retire(), {}));
  EXPECT_EQ(api.count("replace"), 1U);
}

TEST_F(MarkANode, ReadsAgainWhenSomeoneWroteInBetweenOrTheAnswerWasLost) {
  api.order({.verb = "replace", .resource = "nodes", .error = {ErrorClass::Conflict, "modified"}});
  ASSERT_TRUE(test::perform(means, retire(), {}));
  EXPECT_EQ(api.count("replace"), 2U);
  auto back = retire();
  back.before = NodeLife::Retiring;
  back.marks = NodeMarks{};
  api.order({.verb = "replace", .resource = "nodes", .error = {ErrorClass::UnknownOutcome, "lost"}, .done = true});
  ASSERT_TRUE(test::perform(means, back, {}));
  EXPECT_EQ(api.count("replace"), 3U);
  EXPECT_FALSE(node()["spec"].contains("unschedulable"));
}

TEST_F(MarkANode, RefusesWhenTheNodeIsNotAsSupposed) {
  auto draining = retire();
  draining.before = NodeLife::Retiring;
  draining.marks.life = NodeLife::Draining;
  const auto done = test::perform(means, draining, {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().cls, ErrorClass::Conflict);
  EXPECT_THAT(done.error().message, HasSubstr("is Active now, not Retiring"));
  auto other = retire();
  other.node_uid = "node-2";
  EXPECT_EQ(test::perform(means, other, {}).error().cls, ErrorClass::Conflict);
  EXPECT_EQ(api.count("replace"), 0U);
}

TEST_F(MarkANode, DoesNothingOnceItNoLongerLeads) {
  means.may_act = [] { return false; };
  EXPECT_EQ(test::perform(means, retire(), {}).error().cls, ErrorClass::Cancelled);
  EXPECT_EQ(api.count("replace"), 0U);
}

}  // namespace
}  // namespace drover
