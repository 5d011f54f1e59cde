#include "codec/migration.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "codec/labels.h"

namespace drover {
namespace {

TEST(Migration, IsReadFromWhatTheApiServerWrites) {
  const auto migration =
      decode_migration(R"({"metadata":{"name":"m","namespace":"vms","uid":"m-1","creationTimestamp":"2026-11-22T10:00:00Z",
      "deletionTimestamp":"2026-11-22T10:05:00Z","labels":{"kubevirt.io/vmi-name":"db-0"},
      "annotations":{"drover.dev/reason":"r","kubevirt.io/x":"y","kubectl.kubernetes.io/last-applied-configuration":"{}"}},
    "spec":{"vmiName":"db-0","addedNodeSelector":{"kubernetes.io/hostname":"n2"}},
    "status":{"phase":"Failed","migrationState":{"migrationUid":"m-1","failureReason":"timeout"},
      "conditions":[{"type":"migrationRejectedByResourceQuota","status":"True"}],
      "phaseTransitionTimestamps":[{"phase":"Pending","phaseTransitionTimestamp":"2026-11-22T10:00:01Z"},
                                   {"phase":"Failed","phaseTransitionTimestamp":"2026-11-22T10:04:00Z"}]}})");
  ASSERT_TRUE(migration) << migration.error().message;
  EXPECT_EQ(migration->key, (ObjectKey{"vms", "m"}));
  EXPECT_EQ(migration->vm(), (ObjectKey{"vms", "db-0"}));
  EXPECT_EQ(migration->phase, MigrationPhase::Failed);
  EXPECT_TRUE(migration->terminating);
  EXPECT_EQ(migration->labels, labels_of({{"kubevirt.io/vmi-name", "db-0"}}));
  EXPECT_EQ(migration->annotations, labels_of({{"drover.dev/reason", "r"}, {"kubevirt.io/x", "y"}}));
  EXPECT_EQ(migration->added_node_selector, labels_of({{"kubernetes.io/hostname", "n2"}}));
  EXPECT_EQ(migration->created, parse_rfc3339("2026-11-22T10:00:00Z"));
  EXPECT_EQ(migration->ended, parse_rfc3339("2026-11-22T10:04:00Z"));
  ASSERT_TRUE(migration->state);
  EXPECT_EQ(migration->state->failure_reason, "timeout");
  EXPECT_TRUE(migration->rejected_by_quota);
}

TEST(Migration, OfAPhaseYetUnknownIsUnknown) {
  EXPECT_EQ(decode_migration(R"({"metadata":{"name":"m"},"status":{"phase":"Levitating"}})")->phase, MigrationPhase::Unknown);
  EXPECT_EQ(decode_migration(R"({"metadata":{"name":"m"}})")->phase, MigrationPhase::Unset);
}

TEST(NewMigration, IsWrittenAsKubeVirtReadsIt) {
  Migration migration;
  migration.key = {"vms", "drover-x"};
  migration.vm_name = "db-0";
  migration.labels = labels_of({{"drover.dev/policy-uid", "p-1"}});
  migration.annotations = labels_of({{"drover.dev/reason", "say \"why\""}});
  migration.added_node_selector = labels_of({{"kubernetes.io/hostname", "n2"}});
  EXPECT_EQ(nlohmann::json::parse(encode_migration(migration)),
            nlohmann::json::parse(R"({"apiVersion":"kubevirt.io/v1","kind":"VirtualMachineInstanceMigration",
    "metadata":{"name":"drover-x","namespace":"vms","labels":{"drover.dev/policy-uid":"p-1"},"annotations":{"drover.dev/reason":"say \"why\""}},
    "spec":{"vmiName":"db-0","addedNodeSelector":{"kubernetes.io/hostname":"n2"}}})"));
}

TEST(NewMigration, SurvivesTextThatIsNoUtf8) {
  Migration migration;
  migration.key = {"vms", "m"};
  migration.vm_name = "v";
  migration.annotations = labels_of({{"a", "\xff"}});
  const std::string body = encode_migration(migration);
  EXPECT_TRUE(nlohmann::json::accept(body));
  EXPECT_EQ(body.find("addedNodeSelector"), std::string::npos);
}

}  // namespace
}  // namespace drover
