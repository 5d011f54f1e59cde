#include "act/precondition.h"

#include <gtest/gtest.h>

#include <functional>

namespace drover {
namespace {

// What must be refused, and the words for it; "" for what may pass.
template <typename World>
struct Row {
  std::string words;
  std::function<void(World&)> change;
};

void expect(const Status& status, const std::string& words) {
  ASSERT_EQ(status.has_value(), words.empty()) << words << (status ? "" : status.error().message);
  if (status) return;
  EXPECT_EQ(status.error().cls, ErrorClass::Conflict) << words;
  EXPECT_NE(status.error().message.find(words), std::string::npos) << status.error().message;
}

TEST(Preconditions, OfACreate) {
  const CreateMigration create{.vm = {"vms", "db"}, .vm_uid = "vm-1", .source = "n1", .target = "n2"};
  const std::vector<Row<Vm>> rows = {
      {"", [](Vm&) {}},
      {"replaced by another", [](Vm& vm) { vm.uid = "vm-2"; }},
      {"being deleted", [](Vm& vm) { vm.terminating = true; }},
      {"no longer runs", [](Vm& vm) { vm.phase = VmPhase::Succeeded; }},
      {"on node n3 now, not on n1", [](Vm& vm) { vm.node = "n3"; }},
      {"being evacuated", [](Vm& vm) { vm.evacuation_node = "n1"; }},
      {"", [](Vm& vm) { vm.evacuation_node = "n0"; }},  // it has left that node already
  };
  for (const auto& row : rows) {
    Vm vm{.key = {"vms", "db"}, .uid = "vm-1", .phase = VmPhase::Running, .node = "n1"};
    row.change(vm);
    expect(still_holds(create, &vm), row.words);
  }
  expect(still_holds(create, nullptr), "is gone");
}

TEST(Preconditions, OfTakingAMigrationForOnesOwn) {
  const CreateMigration create{.policy = {{"vms", "p"}, "p-1"}, .name = "m", .vm = {"vms", "db"}, .target = "n2"};
  const std::vector<Row<Migration>> rows = {
      {"", [](Migration&) {}},
      {"another migration", [](Migration& there) { there.vm_name = "web"; }},
      {"another migration", [](Migration& there) { there.labels.set(std::string(mark::kPolicyUid), "p-2"); }},
      {"another migration", [](Migration& there) { there.annotations.set(std::string(mark::kTarget), "n3"); }},
  };
  for (const auto& row : rows) {
    Migration there{.key = {"vms", "m"}, .uid = "u", .vm_name = "db"};
    there.labels.set(std::string(mark::kPolicyUid), "p-1");
    there.annotations.set(std::string(mark::kTarget), "n2");
    row.change(there);
    const auto same = same_move(create, there);
    expect(same ? ok() : Status(same.error()), row.words);
    EXPECT_EQ(same.value_or(""), row.words.empty() ? "u" : "");
  }
}

TEST(Preconditions, OfAMark) {
  const MarkNode mark{
      .node = "n", .node_uid = "u", .before = NodeLife::Retiring, .marks = {.life = NodeLife::Draining, .policy_uid = "p"}};
  const std::vector<Row<Node>> rows = {
      {"", [](Node&) {}},
      {"replaced by another", [](Node& node) { node.uid = "v"; }},
      {"is Active now, not Retiring", [](Node& node) { node.marks = {}; }},
      {"is Draining now", [](Node& node) { node.marks = {.life = NodeLife::Draining, .policy_uid = "q"}; }},
  };
  for (const auto& row : rows) {
    Node node{.name = "n", .uid = "u", .marks = {.life = NodeLife::Retiring, .policy_uid = "p"}};
    row.change(node);
    expect(still_holds(mark, &node), row.words);
    EXPECT_FALSE(is_marked(mark, node));
  }
  expect(still_holds(mark, nullptr), "is gone");
  Node node{.name = "n", .uid = "u", .marks = mark.marks};
  EXPECT_TRUE(is_marked(mark, node));
  node.uid = "v";
  EXPECT_FALSE(is_marked(mark, node)) << "another node of its name";
}

TEST(Preconditions, OfPower) {
  Node node{.name = "n", .uid = "u", .marks = {.life = NodeLife::PoweringOff}};
  SwitchPower off{.node = "n", .node_uid = "u", .request = PowerRequest::GracefulOff};
  SwitchPower on{.node = "n", .node_uid = "u", .request = PowerRequest::On};
  const Pod launcher{.key = {"vms", "launcher"}, .vmi_uid = "vm-1"};
  const Pod over{.key = {"vms", "over"}, .phase = PodPhase::Succeeded, .vmi_uid = "vm-2"};
  const Pod daemon{.key = {"kube-system", "proxy"}, .owner = PodOwner::Node};
  const Pod web{.key = {"shop", "web"}};
  expect(still_holds(off, &node), "");
  expect(carries_nothing(off, {&daemon, &over}), "");
  expect(carries_nothing(off, {&daemon, &launcher}), "pod vms/launcher is on node n");
  expect(carries_nothing(off, {&daemon, &web}), "pod shop/web is on node n");
  expect(still_holds(off, nullptr), "is gone");
  node.marks.life = NodeLife::Empty;
  expect(still_holds(off, &node), "is Empty now, not PoweringOff");
  expect(still_holds(on, &node), "");
  node.uid = "v";
  expect(still_holds(on, &node), "replaced by another");
}

}  // namespace
}  // namespace drover
