#include "core/cost.h"

#include <gtest/gtest.h>

#include "world.h"

namespace drover::test {
namespace {

class CostTest : public ::testing::Test {
 protected:
  CostTest() {
    w.add_node("n1");
    w.add_vm("a", "n1", [](Vm& v) { v.labels = labels({{"app", "a"}, {"tier", "gold"}}); });
  }
  void kubevirt_policy(const std::string& name, Labels vm_labels, std::int64_t bandwidth) {
    w.view.kubevirt_policies[{"", name}] = std::make_shared<KubeVirtMigrationPolicy>(KubeVirtMigrationPolicy{
        .name = name, .vm_selector = std::move(vm_labels), .bandwidth_per_migration_bytes_per_second = bandwidth});
  }
  Estimate estimate(double memory, std::optional<double> dirty) {
    UseTable use;
    use.vms[key_of("a")] = {.cpu_cores = 1, .memory_bytes = memory, .dirty_bytes_per_second = dirty};
    return estimate_move(w.view, w.vm_ref("a"), use, {});
  }
  World w;
};

TEST_F(CostTest, CopiesWhatIsUsedAndWhatIsDirtiedMeanwhile) {
  EXPECT_NEAR(to_seconds(estimate(1e9, 0).cost.duration), 8, 1e-6) << "at 125 MB/s, KubeVirt setting no limit";
  EXPECT_NEAR(to_seconds(estimate(1e9, 62.5e6).cost.duration), 16, 1e-6);
}

TEST_F(CostTest, WithoutFiguresTheWholeGuestMemoryIsCopied) {
  const Estimate e = estimate_move(w.view, w.vm_ref("a"), {}, {});
  EXPECT_DOUBLE_EQ(e.cost.copy_bytes, 4.0 * kGi);
  EXPECT_FALSE(e.cost.dirty_bytes_per_second);
}

TEST_F(CostTest, OfHugePagesAllAreCopiedWhateverIsResident) {
  w.change_vm("a", [](Vm& vm) { vm.hugepages = true; });
  EXPECT_DOUBLE_EQ(estimate(1e6, 0).cost.copy_bytes, 4.0 * kGi);
}

TEST_F(CostTest, FasterDirtyingThanCopyingNeverEnds) {
  EXPECT_NE(estimate(1e9, 2e8).never_ends, "");
  w.view.kubevirt.allow_post_copy = true;
  EXPECT_EQ(estimate(1e9, 2e8).never_ends, "");
}

TEST_F(CostTest, ACopyThatOutlastsKubeVirtsTimeoutNeverEnds) {
  w.view.kubevirt.completion_timeout_per_gib_seconds = 1;
  EXPECT_NE(estimate(1e9, 0).never_ends, "") << "8 s, and 4 GiB are given 4 s";
}

TEST_F(CostTest, KubeVirtsOwnPolicyThatMatchesBestWins) {
  kubevirt_policy("a-general", labels({{"app", "a"}}), 10);
  kubevirt_policy("b-special", labels({{"app", "a"}, {"tier", "gold"}}), 20);
  kubevirt_policy("c-other", labels({{"app", "b"}}), 30);
  EXPECT_DOUBLE_EQ(migration_settings(w.view, w.vm_ref("a")).bandwidth_bytes_per_second, 20);
}

TEST_F(CostTest, OfEqualMatchesTheFirstNameWins) {
  kubevirt_policy("b", labels({{"app", "a"}}), 10);
  kubevirt_policy("a", labels({{"tier", "gold"}}), 20);
  EXPECT_DOUBLE_EQ(migration_settings(w.view, w.vm_ref("a")).bandwidth_bytes_per_second, 20);
}

}  // namespace
}  // namespace drover::test
