#include "model/cluster_view.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(ClusterView, FindsObjectsByTheirNames) {
  ClusterView view;
  view.nodes[{"", "n1"}] = std::make_shared<const Node>(Node{.name = "n1"});
  view.vms[{"vms", "db"}] = std::make_shared<const Vm>(Vm{.key = {"vms", "db"}, .uid = "u"});
  ASSERT_NE(view.node("n1"), nullptr);
  EXPECT_EQ(view.node("n1")->name, "n1");
  EXPECT_EQ(view.node("n2"), nullptr);
  EXPECT_EQ(view.vm({"vms", "db"})->uid, "u");
  EXPECT_EQ(view.vm({"other", "db"}), nullptr);
}

TEST(ClusterView, TellsAPolicyFromAnotherOfItsName) {
  ClusterView view;
  Policy policy;
  policy.ref = {{"vms", "p"}, "second"};
  view.policies[policy.ref.key] = std::make_shared<const Policy>(policy);
  EXPECT_NE(view.policy({{"vms", "p"}, "second"}), nullptr);
  EXPECT_EQ(view.policy({{"vms", "p"}, "first"}), nullptr);
  EXPECT_EQ(view.policy({{"vms", "q"}, "second"}), nullptr);
}

TEST(ClusterView, ListsTheMigrationsOfAVmNewestFirst) {
  ClusterView view;
  const auto put = [&](const std::string& name, Duration created, bool in_table = true) {
    const ObjectKey key{"vms", name};
    if (in_table)
      view.migrations[key] = std::make_shared<const Migration>(Migration{.key = key, .vm_name = "db", .created = Instant{created}});
    view.migrations_by_vm[{"vms", "db"}].insert(key);
  };
  put("old", seconds{1});
  put("b", seconds{3});
  put("c", seconds{3});
  put("gone", seconds{9}, false);
  std::vector<std::string> names;
  for (const Migration* migration : view.migrations_of({"vms", "db"})) names.push_back(migration->key.name);
  EXPECT_EQ(names, (std::vector<std::string>{"c", "b", "old"}));
  EXPECT_TRUE(view.migrations_of({"vms", "web"}).empty());
}

}  // namespace
}  // namespace drover
