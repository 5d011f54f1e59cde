#include "kube/paths.h"

#include <gtest/gtest.h>

namespace drover::kube {
namespace {

TEST(Paths, CoreAndGroupsNamespacedAndNot) {
  EXPECT_EQ(collection_path(resource::kNodes, ""), "/api/v1/nodes");
  EXPECT_EQ(collection_path(resource::kPods, ""), "/api/v1/pods");
  EXPECT_EQ(collection_path(resource::kVmis, "vms"), "/apis/kubevirt.io/v1/namespaces/vms/virtualmachineinstances");
  EXPECT_EQ(object_path(resource::kClusterPolicies, {"", "c"}), "/apis/policy.drover.dev/v1alpha1/clustermigrationpolicies/c");
}

TEST(Paths, ANameCannotLeaveItsSegment) {
  EXPECT_EQ(object_path(resource::kPods, {"a b", "../x?y#z"}), "/api/v1/namespaces/a%20b/pods/..%2Fx%3Fy%23z");
}

TEST(Query, EscapesValuesAndLeavesOutEmptyOnes) {
  EXPECT_EQ(Query().add("a", "").add("labelSelector", "app in (x,y),z!=1").add("b", "2").text(),
            "?labelSelector=app%20in%20%28x%2Cy%29%2Cz%21%3D1&b=2");
  EXPECT_EQ(Query().text(), "");
  EXPECT_EQ(escape("\xc3\xa4~"), "%C3%A4~");
}

}  // namespace
}  // namespace drover::kube
