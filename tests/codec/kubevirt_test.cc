#include "codec/kubevirt.h"

#include <gtest/gtest.h>

#include "codec/decode.h"
#include "codec/labels.h"

namespace drover {
namespace {

TEST(KubeVirt, IsReadWithItsMigrationSettings) {
  const auto kubevirt =
      decode<KubeVirt>(Kind::KubeVirt, R"({"metadata":{"name":"kubevirt","namespace":"kubevirt"},"spec":{"configuration":{
      "migrations":{"parallelMigrationsPerCluster":9,"parallelOutboundMigrationsPerNode":3,
      "bandwidthPerMigration":"64Mi","completionTimeoutPerGiB":800,"progressTimeout":60,"allowAutoConverge":true,"allowPostCopy":true,"allowWorkloadDisruption":true}}},
    "status":{"phase":"Deployed","observedKubeVirtVersion":"v1.8.0"}})");
  ASSERT_TRUE(kubevirt) << kubevirt.error().message;
  EXPECT_EQ(*kubevirt, (KubeVirt{.present = true,
                                 .version = "v1.8.0",
                                 .phase = "Deployed",
                                 .parallel_migrations_per_cluster = 9,
                                 .parallel_outbound_migrations_per_node = 3,
                                 .bandwidth_per_migration_bytes_per_second = 64 << 20,
                                 .completion_timeout_per_gib_seconds = 800,
                                 .progress_timeout_seconds = 60,
                                 .allow_auto_converge = true,
                                 .allow_post_copy = true,
                                 .allow_workload_disruption = true}));
}

// virt-config: a KubeVirt object without a phase is not looked at.
TEST(KubeVirt, WithoutAPhaseHasTheDefaults) {
  const auto kubevirt = decode<KubeVirt>(
      Kind::KubeVirt, R"({"metadata":{"name":"k"},"spec":{"configuration":{"migrations":{"parallelMigrationsPerCluster":9}}}})");
  ASSERT_TRUE(kubevirt);
  EXPECT_TRUE(kubevirt->present);
  EXPECT_EQ(kubevirt->parallel_migrations_per_cluster, 5);
}

TEST(KubeVirtPolicy, IsRead) {
  const auto policy = decode<KubeVirtMigrationPolicy>(
      Kind::KubeVirtPolicy,
      R"({"metadata":{"name":"p"},"spec":{"allowPostCopy":false,"allowWorkloadDisruption":true,"bandwidthPerMigration":"1Gi",
    "completionTimeoutPerGiB":10,"selectors":{"namespaceSelector":{"a":"b"},"virtualMachineInstanceSelector":{}}}})");
  ASSERT_TRUE(policy);
  EXPECT_EQ(*policy, (KubeVirtMigrationPolicy{.name = "p",
                                              .namespace_selector = labels_of({{"a", "b"}}),
                                              .vm_selector = Labels(),
                                              .bandwidth_per_migration_bytes_per_second = 1 << 30,
                                              .completion_timeout_per_gib_seconds = 10,
                                              .allow_auto_converge = {},
                                              .allow_post_copy = false,
                                              .allow_workload_disruption = true}));
}

TEST(Namespace, IsRead) {
  EXPECT_EQ(*decode<Namespace>(Kind::Namespace, R"({"metadata":{"name":"vms","labels":{"a":"b"}}})"),
            (Namespace{"vms", labels_of({{"a", "b"}})}));
}

}  // namespace
}  // namespace drover
