#include "app/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/fake_kube_api.h"
#include "act/fakes.h"
#include "app/crash_point.h"
#include "app/metered_kube_api.h"
#include "support/manual_clock.h"

namespace drover {
namespace {

using testing::HasSubstr;

const Error kForbidden{ErrorClass::Denied, "forbidden", 403};

class SnapshotTest : public testing::Test {
 protected:
  SnapshotTest() {
    api.put(resource::kNodes, {"", "n1"}, {{"metadata", nlohmann::json::object()}});
    api.put(
        resource::kVmis, {"vms", "db"},
        {{"metadata", {{"creationTimestamp", "2026-01-01T00:00:00Z"}}}, {"status", {{"phase", "Running"}, {"nodeName", "n1"}}}});
  }
  [[nodiscard]] std::string gaps(const Snapshot& snapshot) const {
    std::string all;
    for (const auto& gap : snapshot.gaps) all += gap + "\n";
    return all;
  }
  test::FakeKubeApi api;
  test::ManualClock clock;
};

TEST_F(SnapshotTest, ShowsTheWholeCluster) {
  const auto snapshot = take_snapshot(api, clock, "");
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message;
  EXPECT_EQ(snapshot->view.nodes.size(), 1U);
  EXPECT_EQ(snapshot->view.vms.size(), 1U);
  EXPECT_TRUE(snapshot->gaps.empty()) << gaps(*snapshot);
}

TEST_F(SnapshotTest, NamesWhatMayNotBeReadAndWhatFollows) {
  api.order({"list", "nodes", kForbidden, false});
  api.order({"list", "kubevirts", kForbidden, false});
  const auto snapshot = take_snapshot(api, clock, "");
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_THAT(gaps(*snapshot), HasSubstr("you may not list nodes, so no target can be judged"));
  EXPECT_TRUE(snapshot->view.kubevirt.present) << "its defaults are assumed";
}

TEST_F(SnapshotTest, FallsBackToTheNamespaceThatIsLookedAt) {
  api.order({"list", "virtualmachineinstances", kForbidden, false});
  const auto snapshot = take_snapshot(api, clock, "vms");
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->view.vms.size(), 1U);
  EXPECT_THAT(gaps(*snapshot), HasSubstr("only namespace vms is known of virtualmachineinstances"));
}

TEST_F(SnapshotTest, SaysThatAKindDoesNotExist) {
  api.order({"list", "kubevirts", {ErrorClass::NotFound, "the server could not find the requested resource", 404}, false});
  const auto snapshot = take_snapshot(api, clock, "");
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_FALSE(snapshot->view.kubevirt.present);
  EXPECT_THAT(gaps(*snapshot), HasSubstr("there is no kubevirts"));
}

TEST_F(SnapshotTest, FailsWhenTheServerCannotBeReachedOrKnowsUsNot) {
  api.order({"list", "", {ErrorClass::Retryable, "connection refused"}, false});
  EXPECT_EQ(take_snapshot(api, clock, "").error().message, "connection refused");
  api.order({"list", "", {ErrorClass::Denied, "Unauthorized", 401}, false});
  EXPECT_EQ(take_snapshot(api, clock, "").error().message, "Unauthorized");
}

TEST_F(SnapshotTest, FailsWhenNothingMayBeRead) {
  for (int i = 0; i < 20; ++i) api.order({"list", "", kForbidden, false});
  EXPECT_EQ(take_snapshot(api, clock, "").error().cls, ErrorClass::Denied);
}

TEST_F(SnapshotTest, CountsRequestsByVerbResourceAndCode) {
  test::FakeTelemetry telemetry;
  MeteredKubeApi metered(api, clock, telemetry);
  EXPECT_TRUE(metered.get(resource::kVmis, {"vms", "db"}, {}).has_value());
  EXPECT_FALSE(metered.get(resource::kVmis, {"vms", "none"}, {}).has_value());
  EXPECT_FALSE(metered.watch(resource::kPods, {}, {}, {}).has_value());
  const auto requests = [&](const std::string& labels) { return telemetry.value("drover_api_requests_total{" + labels + "}"); };
  EXPECT_EQ(requests("verb=get,resource=virtualmachineinstances.kubevirt.io,code=2xx"), 1);
  EXPECT_EQ(requests("verb=get,resource=virtualmachineinstances.kubevirt.io,code=404"), 1);
  EXPECT_EQ(telemetry.value("drover_api_request_duration_seconds{verb=get}"), 2);
  EXPECT_EQ(telemetry.value("drover_api_request_duration_seconds{verb=watch}"), 0);
}

TEST(CrashPoint, DoesNothingUnlessTheEnvironmentAsksForIt) {
  const auto boundary = crash_point_from_environment();
  for (int i = 0; i < 1000; ++i) boundary();
}

TEST(CrashPointDeathTest, KillsTheProcessAtTheNthBoundary) {
  setenv("DROVER_CRASH_POINT", "3", 1);
  const auto boundary = crash_point_from_environment();
  unsetenv("DROVER_CRASH_POINT");
  boundary();
  boundary();
  EXPECT_EXIT(boundary(), testing::KilledBySignal(SIGKILL), "");
}

}  // namespace
}  // namespace drover
