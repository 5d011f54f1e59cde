#include "explain/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/fake_kube_api.h"
#include "act/fakes.h"

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
  FindTimeZone no_zone = [](const std::string&) -> Result<TimeZone> { return Error{ErrorClass::NotFound, "no such zone"}; };
};

TEST_F(SnapshotTest, ShowsTheWholeCluster) {
  const auto snapshot = take_snapshot(api, no_zone, "");
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message;
  EXPECT_EQ(snapshot->view.nodes.size(), 1U);
  EXPECT_EQ(snapshot->view.vms.size(), 1U);
  EXPECT_TRUE(snapshot->gaps.empty()) << gaps(*snapshot);
}

TEST_F(SnapshotTest, NamesWhatMayNotBeReadAndWhatFollows) {
  api.order({"list", "nodes", kForbidden, false});
  api.order({"list", "kubevirts", kForbidden, false});
  const auto snapshot = take_snapshot(api, no_zone, "");
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_THAT(gaps(*snapshot), HasSubstr("you may not list nodes, so no target can be judged"));
  EXPECT_TRUE(snapshot->view.kubevirt.present) << "its defaults are assumed";
}

TEST_F(SnapshotTest, FallsBackToTheNamespaceThatIsLookedAt) {
  api.order({"list", "virtualmachineinstances", kForbidden, false});
  const auto snapshot = take_snapshot(api, no_zone, "vms");
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->view.vms.size(), 1U);
  EXPECT_THAT(gaps(*snapshot), HasSubstr("only namespace vms is known of virtualmachineinstances"));
}

// An empty list would say that a VM's claims are gone.
TEST_F(SnapshotTest, LeavesVolumesUnknownThatMayNotBeRead) {
  EXPECT_TRUE(take_snapshot(api, no_zone, "vms")->view.known_volumes.claims);
  api.order({"list", "persistentvolumeclaims", kForbidden, false});
  const auto snapshot = take_snapshot(api, no_zone, "vms");
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_FALSE(snapshot->view.known_volumes.claims) << "nor by those of one namespace alone";
  EXPECT_TRUE(snapshot->view.known_volumes.csi_nodes);
  EXPECT_THAT(gaps(*snapshot), HasSubstr("you may not list persistentvolumeclaims, so which nodes the volumes of VMs can reach"));
}

TEST_F(SnapshotTest, SaysThatAKindDoesNotExist) {
  api.order({"list", "kubevirts", {ErrorClass::NotFound, "the server could not find the requested resource", 404}, false});
  const auto snapshot = take_snapshot(api, no_zone, "");
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_FALSE(snapshot->view.kubevirt.present);
  EXPECT_THAT(gaps(*snapshot), HasSubstr("there is no kubevirts"));
}

TEST_F(SnapshotTest, FailsWhenTheServerCannotBeReachedOrKnowsUsNot) {
  api.order({"list", "", {ErrorClass::Retryable, "connection refused"}, false});
  EXPECT_EQ(take_snapshot(api, no_zone, "").error().message, "connection refused");
  api.order({"list", "", {ErrorClass::Denied, "Unauthorized", 401}, false});
  EXPECT_EQ(take_snapshot(api, no_zone, "").error().message, "Unauthorized");
}

TEST_F(SnapshotTest, FailsWhenNothingMayBeRead) {
  for (int i = 0; i < 20; ++i) api.order({"list", "", kForbidden, false});
  EXPECT_EQ(take_snapshot(api, no_zone, "").error().cls, ErrorClass::Denied);
}

}  // namespace
}  // namespace drover
