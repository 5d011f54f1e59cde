// Pods that wait for a node: which nodes at rest are brought back for them, and that none is for nothing.
#include "core/make_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dictated.h"

namespace drover::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Act = NodeOrder::Act;

// n3 and n4 are Empty, and the strategy would have them so again whenever they serve; "a" runs on n1, "b" on n2.
class WaitingPods : public Consolidation {
 protected:
  WaitingPods() {
    settings([](ConsolidationSettings& s) {
      s.interval = minutes{5};
      s.reserve_nodes = 0;
      s.power_down.max_resting_nodes = 2;
    });
    for (const char* node : {"n3", "n4"}) rests(node, NodeLife::Empty);
    script.orders = {{"n3", Act::Retire}, {"n4", Act::Retire}};
    h.lead();
    h.pass(minutes{1});
  }
  void rests(const char* node, NodeLife life) {
    h.world.change_node(node, [&](Node& n) {
      n.marks = {.life = life, .since = h.world.now, .policy_uid = "uid-pack", .cordoned = true};
      n.unschedulable = true;
      n.ready = life != NodeLife::Asleep;
    });
  }
  void waits(const std::string& name, const std::function<void(Pod&)>& edit = {}) {
    h.world.add_vm(
        name, "", [](Vm& vm) { vm.phase = VmPhase::Scheduling; },
        [&](Pod& pod) {
          pod.unschedulable = true;
          if (edit) edit(pod);
        });
    h.step(ViewChanged{});
    h.pass(seconds{2});
  }
  // The scheduler puts what waits on the first node that serves and is neither n1 nor n2.
  void start(const std::string& name) {
    for (const char* node : {"n3", "n4"}) {
      if (life(node) != NodeLife::Active) continue;
      h.world.change_launcher(name, [&](Pod& pod) {
        pod.node = node;
        pod.unschedulable = false;
        pod.phase = PodPhase::Running;
      });
      h.world.change_vm(name, [&](Vm& vm) {
        vm.node = node;
        vm.phase = VmPhase::Running;
      });
      break;
    }
    h.step(ViewChanged{});
  }
  // Time passes in a cluster where something happens every five seconds.
  void pass_busily(Duration time) {
    for (Duration passed{}; passed < time; passed += seconds{5}) {
      h.pass(seconds{5});
      h.step(ViewChanged{});
    }
  }
  [[nodiscard]] std::vector<std::string> back() const {
    std::vector<std::string> nodes;
    for (const MarkNode& mark : h.marks) {
      if (mark.marks.life == NodeLife::Active || mark.marks.life == NodeLife::Waking) nodes.push_back(mark.node);
    }
    return nodes;
  }
};

TEST_F(WaitingPods, BringOneNodeBackAtOnceWithoutARound) {
  const std::size_t rounds = script.pools.size();
  waits("c");
  EXPECT_THAT(back(), ElementsAre("n3"));
  EXPECT_THAT(script.pools, SizeIs(rounds));
  start("c");
  pass_busily(hours{1});
  EXPECT_THAT(back(), ElementsAre("n3"));
}

TEST_F(WaitingPods, BringBackAsManyNodesAsTheyNeedTogether) {
  const auto large = [](Pod& pod) { pod.requests["cpu"] = 10000; };
  h.world.add_vm("c", "", {}, [&](Pod& pod) {
    pod.unschedulable = true;
    large(pod);
  });
  waits("d", large);
  EXPECT_THAT(back(), ElementsAre("n3", "n4"));
}

TEST_F(WaitingPods, WakeTheNodeThatWakesFastest) {
  h.world.now += seconds{1};  // what their drivers said before does not count
  for (const char* node : {"n3", "n4"}) {
    rests(node, NodeLife::Asleep);
    h.powered.insert_or_assign(node, Powered::Off);
  }
  h.world.change_node("n3", [](Node& n) { n.record.wakes = {minutes{9}, minutes{8}}; });
  h.world.change_node("n4", [](Node& n) { n.record.wakes = {minutes{4}}; });
  waits("c");
  EXPECT_THAT(back(), ElementsAre("n4"));
}

TEST_F(WaitingPods, BringNoNodeBackThatWouldNotTakeThem) {
  waits("too-large", [](Pod& pod) { pod.requests["cpu"] = 17000; });
  waits("device", [](Pod& pod) { pod.requests["nvidia.com/gpu"] = 1; });
  const auto demands = [](const std::function<void(Scheduling&)>& edit) {
    return [edit](Pod& pod) {
      Scheduling scheduling = *pod.scheduling;
      edit(scheduling);
      pod.scheduling = std::make_shared<const Scheduling>(scheduling);
    };
  };
  waits("label", demands([](Scheduling& s) { s.node_selector.set("disk", "fast"); }));
  waits("affinity", demands([](Scheduling& s) {
          s.node_affinity = {{.expressions = {{.key = "disk", .op = Requirement::Operator::Exists, .values = {}}}, .fields = {}}};
        }));
  pass_busily(hours{2});
  EXPECT_THAT(h.marks, IsEmpty());
  EXPECT_THAT(h.round().notes, Contains(HasSubstr("VM vms/device waits for a node, and none at rest would take it")));
}

TEST_F(WaitingPods, AreLookedAtAgainAMinuteLaterThoughNoRoundIsHeld) {
  Labels own;
  for (const char* node : {"n4", "n3"}) {
    h.world.change_node(node, [&](Node& n) {
      own = n.labels;
      n.labels.set("drover.dev/hands-off", "");
    });
  }
  waits("new");
  EXPECT_THAT(back(), IsEmpty());
  h.world.change_node("n3", [&](Node& n) { n.labels = own; });
  pass_busily(seconds{70});
  EXPECT_THAT(back(), ElementsAre("n3"));
}

TEST_F(WaitingPods, BringNoNodeBackWhoseTaintTheyDoNotTolerate) {
  for (const char* node : {"n3", "n4"}) {
    h.world.change_node(node, [](Node& n) { n.taints = {{"dedicated", "db", "NoSchedule"}}; });
  }
  waits("c");
  pass_busily(hours{1});
  EXPECT_THAT(h.marks, IsEmpty());
}

TEST_F(WaitingPods, ThatNoNodeAtRestWouldTakeAreNamedInTheStatusOnceTheyHaveWaited) {
  const auto said = [&] { return h.statuses.at({"", "pack"}).conditions.at(0).message; };
  waits("gpu", [](Pod& pod) { pod.requests["nvidia.com/gpu"] = 1; });
  pass_busily(minutes{1});
  EXPECT_THAT(said(), Not(HasSubstr("vms/gpu")));
  pass_busily(minutes{3});
  EXPECT_THAT(said(), HasSubstr("VM vms/gpu waits for a node, and none at rest would take it"));
  h.world.erase_pod({"vms", "virt-launcher-gpu-0"});
  pass_busily(minutes{3});
  EXPECT_THAT(said(), Not(HasSubstr("vms/gpu")));
}

// An unbound volume, say: the scheduler names it, and no node helps.
TEST_F(WaitingPods, ThatNoNodeHelpsAreLeftAsideAfterTwo) {
  waits("stuck");
  pass_busily(hours{6});
  EXPECT_THAT(back(), SizeIs(kVainHelps));
  EXPECT_LE(h.marks.size(), 3U * kVainHelps) << "each comes back, retires and is empty once";
  EXPECT_THAT(h.round().notes, Contains(HasSubstr("VM vms/stuck waits for a node and is left aside")));
}

TEST_F(WaitingPods, LeaveOthersTheirHelpWhenOneIsLeftAside) {
  waits("stuck");
  pass_busily(hours{1});
  h.marks.clear();
  waits("c", [](Pod& pod) { pod.requests["cpu"] = 1000; });
  EXPECT_THAT(back(), SizeIs(1));
}

// A CronJob whose pods can never start makes a new one every minute.
TEST_F(WaitingPods, AreJudgedByWhatWasSeenOfOthersLikeThem) {
  for (int i = 0; i < 60; ++i) {
    waits("job" + std::to_string(i));
    pass_busily(minutes{1});
    h.world.erase_pod({"vms", "virt-launcher-job" + std::to_string(i) + "-0"});
  }
  EXPECT_LE(h.marks.size(), 3U * (kVainHelps + 1));
}

TEST_F(WaitingPods, ThatWereLeftAsideAreHelpedAgainOnceTheNodesOfTheClusterChange) {
  waits("stuck");
  pass_busily(hours{1});
  h.marks.clear();
  h.world.change_node("n4", [](Node& n) { n.labels.set("disk", "fast"); });
  pass_busily(minutes{6});
  EXPECT_THAT(back(), SizeIs(testing::Ge(1U)));
}

TEST_F(WaitingPods, NeedNotCarryAVm) {
  h.world.add_pod("web", "", {{"cpu", 15000}}, [](Pod& pod) {
    pod.owner = PodOwner::Workload;
    pod.phase = PodPhase::Pending;
    pod.unschedulable = true;
  });
  h.step(ViewChanged{});
  h.pass(seconds{2});
  EXPECT_THAT(back(), ElementsAre("n3"));
  EXPECT_THAT(h.marks.back().marks.reason, testing::AnyOf("", HasSubstr("pod vms/web waits for a node")));
}

TEST_F(WaitingPods, WakeANodeOnlyWhenNoneThatIsOnWouldTakeThem) {
  h.powered.insert_or_assign("n3", Powered::Off);
  h.pass(kRestingPoll + seconds{1});  // its driver has said so
  rests("n3", NodeLife::Asleep);
  waits("c");
  EXPECT_THAT(back(), ElementsAre("n4"));
  waits("d", [](Pod& pod) { pod.requests["cpu"] = 15000; });
  h.pass(seconds{1});
  EXPECT_THAT(back(), ElementsAre("n4", "n3")) << "a second after the last look";
}

TEST_F(WaitingPods, KeepTheNodeThatCameBackForThemInService) {
  h.pass(minutes{3} + seconds{50});
  waits("c");
  ASSERT_THAT(back(), ElementsAre("n3"));
  h.pass(minutes{1});  // a round was held
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

}  // namespace
}  // namespace drover::test
