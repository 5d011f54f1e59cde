#include "act/render.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace drover {
namespace {

TEST(Render, AMigrationSaysWhoseItIsWhyAndWhereTo) {
  const CreateMigration effect{.policy = {{"vms", "calm"}, "p-1"},
                               .name = "drover-x",
                               .vm = {"vms", "db-0"},
                               .vm_uid = "vm-1",
                               .source = "n1",
                               .target = "n2",
                               .target_host = "n2.example",
                               .reason = "it is crowded",
                               .unschedulable_timeout = milliseconds{29001},
                               .pending_timeout = minutes{5}};
  const Migration made = migration_of(effect);
  EXPECT_EQ(made.key, (ObjectKey{"vms", "drover-x"}));
  EXPECT_EQ(made.vm_name, "db-0");
  EXPECT_EQ(made.labels.value_or("drover.dev/policy-uid", ""), "p-1");
  const std::map<std::string, std::string> annotations(made.annotations.begin(), made.annotations.end());
  EXPECT_EQ(annotations, (std::map<std::string, std::string>{{"drover.dev/policy", "vms/calm"},
                                                             {"drover.dev/source-node", "n1"},
                                                             {"drover.dev/target-node", "n2"},
                                                             {"drover.dev/reason", "it is crowded"},
                                                             {"kubevirt.io/migrationUnschedulablePodTimeoutSeconds", "30"},
                                                             {"kubevirt.io/migrationPendingPodTimeoutSeconds", "300"}}));
  EXPECT_EQ(made.added_node_selector.value_or("kubernetes.io/hostname", ""), "n2.example");
}

}  // namespace
}  // namespace drover
