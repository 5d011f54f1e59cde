#include "model/node.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

const Taint kGpu{"dedicated", "gpu", "NoSchedule"};

TEST(Toleration, NeedsTheSameKeyAndValueUnlessItSaysExists) {
  EXPECT_TRUE((Toleration{"dedicated", "Equal", "gpu", "NoSchedule"}).tolerates(kGpu));
  EXPECT_TRUE((Toleration{"dedicated", "", "gpu", "NoSchedule"}).tolerates(kGpu)) << "Equal is the default";
  EXPECT_FALSE((Toleration{"dedicated", "Equal", "db", "NoSchedule"}).tolerates(kGpu));
  EXPECT_FALSE((Toleration{"other", "Equal", "gpu", "NoSchedule"}).tolerates(kGpu));
  EXPECT_TRUE((Toleration{"dedicated", "Exists", "", "NoSchedule"}).tolerates(kGpu));
  EXPECT_FALSE((Toleration{"other", "Exists", "", "NoSchedule"}).tolerates(kGpu));
}

TEST(Toleration, HoldsForEveryEffectWhenItNamesNone) {
  EXPECT_TRUE((Toleration{"dedicated", "Equal", "gpu", ""}).tolerates(kGpu));
  EXPECT_FALSE((Toleration{"dedicated", "Equal", "gpu", "NoExecute"}).tolerates(kGpu));
}

TEST(Toleration, HoldsForEveryTaintWithExistsAndNoKey) {
  EXPECT_TRUE((Toleration{"", "Exists", "", ""}).tolerates(kGpu));
  EXPECT_FALSE((Toleration{"", "Exists", "", "NoExecute"}).tolerates(kGpu));
  EXPECT_FALSE((Toleration{"", "Equal", "gpu", ""}).tolerates(kGpu));
}

TEST(Node, IsNamedInSelectorsAsItsLabelSays) {
  Node node;
  node.name = "n1";
  EXPECT_EQ(node.hostname(), "n1");
  node.labels.set("kubernetes.io/hostname", "rack7-n1");
  EXPECT_EQ(node.hostname(), "rack7-n1");
}

TEST(Resources, AddAndSubtractByName) {
  Resources sum = {{"cpu", 100}, {"memory", 5}};
  add(sum, {{"cpu", 50}, {"devices.kubevirt.io/kvm", 1}});
  EXPECT_EQ(sum, (Resources{{"cpu", 150}, {"memory", 5}, {"devices.kubevirt.io/kvm", 1}}));
  subtract(sum, {{"cpu", 150}, {"memory", 6}});
  EXPECT_EQ(amount(sum, "cpu"), 0);
  EXPECT_EQ(amount(sum, "memory"), -1);
  EXPECT_EQ(amount(sum, "absent"), 0);
}

}  // namespace
}  // namespace drover
