// Ordinary pods leave a node that is to be switched off once its VMs are gone: by the eviction API, those of low priority first,
// one of a budget at a time; and what must not be evicted keeps its node on.
#include "core/drain.h"

#include <gmock/gmock.h>

#include "dictated.h"

namespace drover::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Draining : public Consolidation {
 protected:
  Draining() { script.orders = {{"n3", NodeOrder::Act::Retire}}; }
  void add_pod(const std::string& name, const World::Edit<Pod>& edit = {}) {
    h.world.add_pod(name, "n3", {{"cpu", 100}}, [&](Pod& pod) {
      pod.owner = PodOwner::Workload;
      pod.labels = labels({{"app", pod.key.name}});
      if (edit) edit(pod);
    });
  }
  void budget(const std::string& name, const std::string& app, std::int64_t allowed) {
    h.world.add_budget(name, {{{.key = "app", .op = Requirement::Operator::In, .values = {app}}}}, allowed);
  }
  void drain_setting(const std::function<void(ConsolidationSettings::PowerDown::Drain&)>& edit) {
    settings([&](ConsolidationSettings& s) { edit(s.power_down.drain); });
  }
  void lead() {
    h.lead();
    h.pass(seconds{5});
  }
};

TEST_F(Draining, PodsThatSomebodyStartsAgainAreEvictedAndTheNodeIsEmptyThen) {
  add_pod("web/a");
  add_pod("web/b");
  lead();
  EXPECT_THAT(h.evictions, UnorderedElementsAre("web/a", "web/b"));
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  EXPECT_THAT(h.violations, IsEmpty());
}

TEST_F(Draining, ThoseOfLowPriorityGoFirstAndTheOthersWhenTheyAreGone) {
  h.pods_go = false;
  add_pod("web/low", [](Pod& pod) { pod.priority = -5; });
  add_pod("web/high", [](Pod& pod) { pod.priority = 1000; });
  lead();
  h.pass(minutes{2});
  EXPECT_THAT(h.evictions, testing::Each("web/low"));
  h.world.erase_pod(key_of("web/low"));
  h.step(ViewChanged{});
  h.pass(seconds{10});
  EXPECT_EQ(h.evictions.back(), "web/high");
}

TEST_F(Draining, OfABudgetOnePodLeavesAtATime) {
  h.pods_go = false;
  for (const char* pod : {"web/a", "web/b"}) add_pod(pod, [](Pod& p) { p.labels = labels({{"app", "shop"}}); });
  budget("web/shop", "shop", 1);
  lead();
  EXPECT_THAT(h.evictions, ElementsAre("web/a"));
  h.world.erase_pod(key_of("web/a"));
  h.step(ViewChanged{});
  h.pass(seconds{10});
  EXPECT_THAT(h.evictions, ElementsAre("web/a", "web/b"));
}

TEST_F(Draining, APodCountsAgainstTheBudgetsOfItsNamespaceThatSelectIt) {
  for (const char* name : {"a/shop", "web/shop", "web/shop-too", "web/other", "web-2/shop"})
    budget(name, std::string(name).ends_with("other") ? "other" : "shop", 1);
  Pod pod;
  pod.key = {"web", "p"};
  pod.labels = labels({{"app", "shop"}});
  std::vector<std::string> names;
  for (const DisruptionBudget* of : budgets_of(h.world.view, pod)) names.push_back(to_string(of->key));
  EXPECT_THAT(names, ElementsAre("web/shop", "web/shop-too"));
}

TEST_F(Draining, ABudgetThatAllowsNothingKeepsTheNodeOn) {
  add_pod("web/shop");
  budget("web/shop", "shop", 0);
  lead();
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_THAT(held_up(), HasSubstr("n3: pod web/shop runs on it: PodDisruptionBudget web/shop allows no disruption now"));
  EXPECT_THAT(h.evictions, IsEmpty());
}

TEST_F(Draining, ANodeWhosePodsDoNotGoInTimeIsTakenBackAndSaysWhy) {
  add_pod("web/shop");
  h.eviction_answer = Error{ErrorClass::Retryable, "Cannot evict pod as it would violate the pod's disruption budget.", 429};
  lead();
  EXPECT_EQ(life("n3"), NodeLife::Draining);
  h.pass(minutes{2});
  EXPECT_GE(h.evictions.size(), 5U) << "tried again";
  EXPECT_LE(h.evictions.size(), 15U);
  script.orders.clear();
  h.pass(minutes{13});
  ASSERT_EQ(life("n3"), NodeLife::Active);
  std::string reason;
  for (const MarkNode& mark : h.marks) {
    if (mark.before == NodeLife::Draining) reason = mark.marks.reason;
  }
  EXPECT_EQ(reason, "its pods were not gone within 15m (spec.consolidation.powerDown.drain.deadline): pod web/shop: " +
                        h.eviction_answer.error().message);
  EXPECT_FALSE(h.world.node_ref("n3").unschedulable);
}

struct Keeps {
  const char* what;
  void (*pod)(Pod& pod);
  const char* says;
  void (*unless)(ConsolidationSettings::PowerDown::Drain& drain);
};

class PodsThatKeepTheirNodeOn : public Draining, public testing::WithParamInterface<Keeps> {};

TEST_P(PodsThatKeepTheirNodeOn, UnlessThePolicySaysOtherwise) {
  add_pod("web/a", GetParam().pod);
  lead();
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_THAT(held_up(), HasSubstr(GetParam().says));
  EXPECT_THAT(h.evictions, IsEmpty());
  if (GetParam().unless == nullptr) return;
  drain_setting(GetParam().unless);
  h.step(ViewChanged{});
  h.pass(minutes{2});
  EXPECT_THAT(h.evictions, ElementsAre("web/a"));
  EXPECT_EQ(life("n3"), NodeLife::Empty);
}

INSTANTIATE_TEST_SUITE_P(
    Are, PodsThatKeepTheirNodeOn,
    testing::Values(Keeps{"Bare", [](Pod& p) { p.bare = true; }, "drain.barePods", [](auto& drain) { drain.bare_pods = true; }},
                    Keeps{"OfAJob", [](Pod& p) { p.of_job = true; }, "drain.jobs", [](auto& drain) { drain.jobs = true; }},
                    Keeps{"WithLocalData", [](Pod& p) { p.local_data = true; }, "drain.localData",
                          [](auto& drain) { drain.local_data = true; }},
                    Keeps{"ThatAskForIt", [](Pod& p) { p.holds_on = "karpenter.sh/do-not-disrupt"; },
                          "its annotation karpenter.sh/do-not-disrupt says so", nullptr},
                    Keeps{"Pinned",
                          [](Pod& p) {
                            Scheduling asks;
                            asks.node_selector = labels({{"only", "n3"}});
                            p.scheduling = std::make_shared<const Scheduling>(std::move(asks));
                          },
                          "it may run on no other node in service", nullptr}),
    [](const auto& info) { return std::string(info.param.what); });

TEST_F(Draining, WherePodsAreToBeKeptTheyKeepTheirNodeOn) {
  drain_setting([](auto& drain) { drain.evicts = false; });
  add_pod("web/a");
  lead();
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_THAT(held_up(), HasSubstr("only virtual machines are moved (spec.consolidation.powerDown.drain.pods)"));
}

TEST_F(Draining, WhereNothingIsSwitchedOffNoPodIsEvicted) {
  settings([](ConsolidationSettings& s) { s.power_down.enabled = false; });
  add_pod("web/a");
  lead();
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_THAT(h.evictions, IsEmpty());
}

TEST_F(Draining, PodsOfTheNodeAndOfVmsAreNeverEvicted) {
  add_pod("kube-system/proxy", [](Pod& p) { p.owner = PodOwner::Node; });
  add_pod("vms/hp-volume", [](Pod& p) { p.owner = PodOwner::Vm; });
  lead();
  EXPECT_THAT(h.evictions, IsEmpty());
  EXPECT_EQ(life("n3"), NodeLife::Empty);
}

TEST_F(Draining, NoPodIsEvictedBeforeTheLastVmIsGone) {
  h.world.add_vm("c", "n3");
  h.uses("c", 1);
  add_pod("web/a");
  lead();
  h.pass(minutes{1});
  EXPECT_THAT(h.evictions, IsEmpty());
  h.world.erase_vm("c");
  h.world.erase_pod(key_of("vms/virt-launcher-c-0"));
  h.step(ViewChanged{});
  h.pass(minutes{1});
  EXPECT_THAT(h.evictions, ElementsAre("web/a"));
}

TEST_F(Draining, StorageAndTheControlPlaneKeepTheirNodeOnWhoeverControlsTheirPods) {
  add_pod("rook/osd", [](Pod& p) {
    p.owner = PodOwner::Node;
    p.role = PodRole::Storage;
  });
  lead();
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_THAT(held_up(), HasSubstr("n3: storage runs on it (label it drover.dev/compute-only if that may be off)"));
  h.world.change_node("n3", [](Node& n) { n.labels.set("drover.dev/compute-only", ""); });
  h.pass(minutes{2});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
  add_pod("kube-system/etcd-n3", [](Pod& p) {
    p.owner = PodOwner::Node;
    p.role = PodRole::ControlPlane;
  });
  h.step(ViewChanged{});
  h.pass(minutes{2});
  EXPECT_THAT(h.evictions, IsEmpty());
  script.orders.clear();
}

TEST_F(Draining, AVolumeThatOnlyThisNodeReachesKeepsItOn) {
  auto traits = std::make_shared<VolumeTraits>();
  traits->node_affinity = {{.expressions = {{std::string(label::kHostname), Requirement::Operator::In, {"n3"}}}, .fields = {}}};
  h.world.put_volume("local-7", Volume{.traits = traits});
  lead();
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_THAT(held_up(), HasSubstr("n3: volume local-7 is on it and nowhere else"));
}

}  // namespace
}  // namespace drover::test
