// The roster says after any changes what a new one would say.
#include "core/roster.h"

#include <gtest/gtest.h>

#include <random>

#include "world.h"

namespace drover::test {
namespace {

std::string text_of(const Roster& roster) {
  std::string text = roster.waiting().empty() ? "" : "a pod waits\n";
  for (const Roster::Entry& entry : roster.entries()) {
    text += to_string(entry.vm->key) + " on " + entry.vm->node +
            (entry.node == Roster::kNowhere ? "" : " (" + std::to_string(entry.node) + ")") + ": " +
            (entry.immovable ? entry.immovable->message : "free") + "\n";
  }
  return text;
}

// With what else is on the nodes.
std::string text_of(const Roster& roster, const ClusterView& view) {
  std::string text = text_of(roster);
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    const Roster::Other other = roster.others_on(i);
    text += std::to_string(other.cpu_milli) + "m " + std::to_string(other.memory_bytes) + "\n";
  }
  return text;
}

std::string anew(const ClusterView& view) {
  Roster fresh;
  fresh.update(view);
  return text_of(fresh, view);
}

TEST(Roster, KnowsAllVmsByKeyAndWhatKeepsThemFromMoving) {
  World w;
  w.add_node("n1");
  w.add_vm("b", "n1");
  w.add_vm("a", "n1", [](Vm& vm) { vm.excluded_reason = "by hand"; });
  w.add_vm("other/c", "n1");
  Roster roster;
  roster.update(w.view);
  EXPECT_EQ(text_of(roster),
            "other/c on n1 (0): free\n"
            "vms/a on n1 (0): immovable because its owner keeps Drover off it: by hand\n"
            "vms/b on n1 (0): free\n");
  EXPECT_EQ(roster.from({"vms", ""})->vm->key.name, "a");
  EXPECT_EQ(roster.from({"zzz", ""}), roster.entries().end());
}

TEST(Roster, SeesAPodThatWaitsForANodeAndThatItDoesNoLonger) {
  World w;
  w.add_node("n1");
  w.add_vm("a", "", {}, [](Pod& pod) { pod.unschedulable = true; });
  Roster roster;
  roster.update(w.view);
  EXPECT_FALSE(roster.waiting().empty());
  w.change_launcher("a", [](Pod& pod) { pod.unschedulable = false; });
  roster.update(w.view);
  EXPECT_TRUE(roster.waiting().empty());
}

TEST(Roster, SaysTheSameAfterMoreChangesThanAViewRemembers) {
  World w;
  for (const char* node : {"n1", "n2"}) w.add_node(node);
  Roster roster;
  roster.update(w.view);
  for (int i = 0; i < 3000; ++i) w.add_vm("vm" + std::to_string(i), i % 2 == 0 ? "n1" : "n2");
  roster.update(w.view);
  EXPECT_EQ(text_of(roster, w.view), anew(w.view));
}

TEST(Roster, SeesThatTheViewIsAnother) {
  World w;
  w.add_node("n1");
  w.add_vm("a", "n1");
  const World before = w;
  Roster roster;
  w.change_vm("a", [](Vm& vm) { vm.excluded_reason = "by hand"; });
  roster.update(w.view);
  w = before;
  w.add_vm("b", "n1");
  roster.update(w.view);
  EXPECT_EQ(text_of(roster, w.view), anew(w.view));
}

TEST(Roster, SaysAfterAnyChangesWhatANewOneSays) {
  std::mt19937 random(11);  // NOLINT: the same run each time
  const auto draw = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  World w;
  for (const char* node : {"n1", "n2", "n3"}) w.add_node(node);
  Roster roster;
  int migrations = 0;
  std::vector<std::string> under_way;
  for (int round = 0; round < 2000; ++round) {
    const std::string name = "vm" + std::to_string(draw(6));
    const bool there = w.view.vms.contains(key_of(name));
    const auto pods = w.view.pods_by_vmi_uid.find("uid-" + name);
    switch (draw(10)) {
      case 0:
      case 1:
        if (!there)
          w.add_vm(name, draw(4) == 0 ? "" : "n" + std::to_string(1 + draw(3)), {},
                   [&](Pod& pod) { pod.unschedulable = draw(2) == 0; });
        break;
      case 2:
        if (there && draw(3) == 0) w.erase_vm(name);
        break;
      case 3:
        if (pods != w.view.pods_by_vmi_uid.end() && draw(2) == 0)
          w.erase_pod(ObjectKey(*pods->second.begin()));  // the index forgets its own
        break;
      case 4:
        if (there) w.change_vm(name, [&](Vm& vm) { vm.live_migratable = draw(2) == 0; });
        break;
      case 5:
        if (pods != w.view.pods_by_vmi_uid.end()) {
          w.change_pod(to_string(*pods->second.begin()), [&](Pod& pod) { pod.terminating = draw(2) == 0; });
        }
        break;
      case 6:
        if (there && w.view.migrations_by_vm.count(key_of(name)) == 0) {
          under_way.push_back("m" + std::to_string(++migrations));
          w.add_migration(under_way.back(), name, "n1", [&](Migration& m) { m.labels = draw(2) == 0 ? m.labels : Labels{}; });
        }
        break;
      case 9:
        if (w.view.pods.contains(key_of("web"))) {
          w.erase_pod(key_of("web"));
        } else {
          w.add_pod("web", "n" + std::to_string(1 + draw(3)), {{"cpu", draw(1000)}, {"memory", draw(1000)}});
        }
        break;
      case 8:
        if (w.view.nodes.erase({"", "n2"}) == 0) w.add_node("n2");
        break;
      case 7:
        if (!under_way.empty()) {
          if (draw(2) == 0) w.change_migration(under_way.back(), [](Migration& m) { m.phase = MigrationPhase::Failed; });
          if (draw(2) == 0) {
            w.erase_migration(under_way.back());
            under_way.pop_back();
          }
        }
        break;
    }
    if (draw(3) == 0) continue;  // several changes between two looks
    roster.update(w.view);
    ASSERT_EQ(text_of(roster, w.view), anew(w.view)) << round;
  }
}

}  // namespace
}  // namespace drover::test
