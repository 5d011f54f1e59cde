#include "reflect/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace drover::reflect {
namespace {

template <typename T>
Object object_of(T value) {
  Object object;
  if constexpr (requires { value.key; }) {
    object.key = value.key;
  } else if constexpr (requires { value.ref; }) {
    object.key = value.ref.key;
  } else {
    object.key = {"", value.name};
  }
  object.value = std::make_shared<const T>(std::move(value));
  return object;
}

Delta begin(Kind kind) {
  return {kind, Delta::Type::RelistBegin, {}, {}};
}
Delta end(Kind kind) {
  return {kind, Delta::Type::RelistEnd, {}, {}};
}
template <typename T>
Delta upsert(Kind kind, T value) {
  return {kind, Delta::Type::Upsert, object_of(std::move(value)), {}};
}
Delta gone(Kind kind, ObjectKey key) {
  return {kind, Delta::Type::Delete, {std::move(key), {}}, {}};
}

Vm vm(const std::string& name, const std::string& node, VmPhase phase = VmPhase::Running) {
  Vm vm;
  vm.key = {"x", name};
  vm.node = node;
  vm.phase = phase;
  return vm;
}
Pod pod(const std::string& name, const std::string& node, std::int64_t cpu, PodPhase phase = PodPhase::Running,
        const std::string& vmi_uid = "") {
  Pod pod;
  pod.key = {"x", name};
  pod.node = node;
  pod.phase = phase;
  pod.requests = {{"cpu", cpu}};
  pod.vmi_uid = vmi_uid;
  return pod;
}
Policy policy(const ObjectKey& key, const std::string& time_zone = "") {
  Policy policy;
  policy.ref.key = key;
  if (!time_zone.empty()) policy.spec.schedule = {{"@daily", hours{1}, time_zone}};
  return policy;
}

template <typename T>
bool list(Store& store, Kind kind, std::vector<T> values) {
  EXPECT_FALSE(store.apply(begin(kind)));
  for (T& value : values) EXPECT_FALSE(store.apply(upsert(kind, std::move(value))));
  return store.apply(end(kind));
}

TEST(Store, ShowsAListOnlyWhenItIsComplete) {
  Store store({});
  store.apply(begin(Kind::Vm));
  store.apply(upsert(Kind::Vm, vm("a", "n1")));
  EXPECT_TRUE(store.view().vms.empty());
  EXPECT_TRUE(store.view().vms_by_node.empty());
  EXPECT_TRUE(store.apply(end(Kind::Vm)));
  EXPECT_NE(store.view().vm({"x", "a"}), nullptr);
}

TEST(Store, KeepsShowingTheOldListWhileTheNextIsRead) {
  Store store({});
  list<Vm>(store, Kind::Vm, {vm("a", "n1"), vm("b", "n1")});
  store.apply(begin(Kind::Vm));
  store.apply(upsert(Kind::Vm, vm("b", "n2")));
  EXPECT_EQ(store.view().vms.size(), 2U);
  EXPECT_EQ(store.view().vm({"x", "b"})->node, "n1");
  EXPECT_TRUE(store.apply(end(Kind::Vm)));
  EXPECT_EQ(store.view().vms.size(), 1U);
  EXPECT_EQ(store.view().vms_by_node, (std::map<std::string, std::set<ObjectKey>>{{"n2", {{"x", "b"}}}}));
}

TEST(Store, ForgetsAListThatIsBegunAgain) {
  Store store({});
  store.apply(begin(Kind::Vm));
  store.apply(upsert(Kind::Vm, vm("a", "n1")));
  list<Vm>(store, Kind::Vm, {vm("b", "n1")});
  EXPECT_EQ(store.view().vm({"x", "a"}), nullptr);
}

TEST(Store, IsSyncedWhenEachRequiredKindHasBeenListed) {
  Store store({Kind::Vm, Kind::Node});
  EXPECT_FALSE(store.synced());
  list<Vm>(store, Kind::Vm, {});
  EXPECT_FALSE(store.synced());
  store.apply(begin(Kind::Node));
  EXPECT_EQ(store.unsynced(), std::set<Kind>{Kind::Node});
  store.apply(end(Kind::Node));
  EXPECT_TRUE(store.synced());
  store.apply(begin(Kind::Node));  // what is being listed again is still shown
  EXPECT_TRUE(store.synced());
}

// Drover acts without what it knows of volumes, but not before the server has said that there is no more to know.
TEST(Store, IsSyncedWithoutVolumesThatMayNotBeListed) {
  const auto problem = [](Kind kind, ErrorClass cls, int status = 0) {
    return Delta{kind, Delta::Type::Problem, {}, {cls, "no", status}};
  };
  for (const Kind kind : {Kind::VolumeClaim, Kind::Volume, Kind::CsiNode}) {
    Store store({kind});
    const KnownVolumes& known = store.view().known_volumes;
    store.apply(begin(kind));
    EXPECT_FALSE(store.apply(problem(kind, ErrorClass::Retryable)));
    EXPECT_FALSE(store.apply(problem(kind, ErrorClass::Denied, 401)));
    EXPECT_FALSE(store.synced());
    store.apply(problem(kind, ErrorClass::Denied, 403));
    EXPECT_TRUE(store.synced());
    EXPECT_EQ(known, KnownVolumes{});
    store.apply(begin(kind));
    EXPECT_TRUE(store.apply(end(kind))) << "what was unknown is known";
    EXPECT_NE(known, KnownVolumes{});
    EXPECT_TRUE(store.apply(problem(kind, ErrorClass::Denied, 403))) << "what was known is unknown";
    EXPECT_EQ(known, KnownVolumes{});
    EXPECT_TRUE(store.apply({kind, Delta::Type::Recovered, {}, {}}));
    EXPECT_NE(known, KnownVolumes{});
  }
  Store store({Kind::Node});
  store.apply(problem(Kind::Node, ErrorClass::Denied, 403));
  EXPECT_FALSE(store.synced()) << "nothing can be decided without nodes";
}

TEST(Store, ShowsVolumesAndTheirClaims) {
  Store store({});
  const auto put = [&](Kind kind, ObjectKey key, auto value) {
    Object object{.key = std::move(key), .value = std::make_shared<const decltype(value)>(std::move(value))};
    return store.apply({kind, Delta::Type::Upsert, std::move(object), {}});
  };
  EXPECT_TRUE(put(Kind::VolumeClaim, {"x", "data"}, VolumeClaim{"pv", VolumeClaim::State::Bound}));
  EXPECT_FALSE(put(Kind::VolumeClaim, {"x", "data"}, VolumeClaim{"pv", VolumeClaim::State::Bound}));
  EXPECT_TRUE(put(Kind::Volume, {"", "pv"}, Volume{nullptr, 7}));
  EXPECT_TRUE(put(Kind::CsiNode, {"", "n1"}, CsiNode{{{"d", 3}}}));
  EXPECT_EQ(store.view().volume_claims.size() + store.view().volumes.size() + store.view().csi_nodes.size(), 3U);
  const auto& changes = store.view().changes;
  const auto claims = changes.volume_claims.latest();
  const auto volumes = changes.volumes.latest();
  EXPECT_TRUE(put(Kind::VolumeClaim, {"x", "new"}, VolumeClaim{}));
  for (const auto& [kind, key] : {std::pair{Kind::VolumeClaim, ObjectKey{"x", "data"}}, {Kind::Volume, {"", "pv"}}}) {
    EXPECT_TRUE(store.apply(gone(kind, key)));
  }
  EXPECT_THAT(changes.volume_claims.since(claims),
              testing::Optional(testing::ElementsAre(ObjectKey{"x", "data"}, ObjectKey{"x", "new"})));
  EXPECT_THAT(changes.volumes.since(volumes), testing::Optional(testing::ElementsAre(ObjectKey{"", "pv"})));
  EXPECT_TRUE(store.apply(gone(Kind::VolumeClaim, {"x", "new"})));
  store.apply(begin(Kind::CsiNode));
  store.apply(end(Kind::CsiNode));
  EXPECT_EQ(store.view().volume_claims.size() + store.view().volumes.size() + store.view().csi_nodes.size(), 0U);
}

TEST(Store, TellsOfNoChangeWhereThereIsNone) {
  Store store({});
  EXPECT_TRUE((list<Vm>(store, Kind::Vm, {vm("a", "n1")})));
  const auto before = store.view().vms.at({"x", "a"});
  EXPECT_FALSE(store.apply(upsert(Kind::Vm, vm("a", "n1"))));
  EXPECT_FALSE((list<Vm>(store, Kind::Vm, {vm("a", "n1")})));
  EXPECT_EQ(store.view().vms.at({"x", "a"}), before);
  EXPECT_FALSE(store.apply(gone(Kind::Vm, {"x", "b"})));
  EXPECT_FALSE(store.apply({Kind::Vm, Delta::Type::Problem, {}, {}}));
  EXPECT_TRUE(store.apply(upsert(Kind::Vm, vm("a", "n2"))));
  EXPECT_TRUE(store.apply(gone(Kind::Vm, {"x", "a"})));
}

TEST(Store, KeepsOneCopyOfAnObjectThatIsListedAgain) {
  Store store({});
  list<Vm>(store, Kind::Vm, {vm("a", "n1")});
  Delta again = upsert(Kind::Vm, vm("a", "n1"));
  const std::weak_ptr<const Vm> copy = std::get<std::shared_ptr<const Vm>>(again.object.value);
  store.apply(begin(Kind::Vm));
  store.apply(std::move(again));
  EXPECT_TRUE(copy.expired());
}

TEST(Store, DoesNotShowPodsThatAreOver) {
  Store store({});
  list<Pod>(store, Kind::Pod, {pod("a", "n1", 100), pod("b", "n1", 50, PodPhase::Succeeded)});
  EXPECT_EQ(store.view().pods.size(), 1U);
  EXPECT_EQ(amount(store.view().requests_by_node.at("n1"), "cpu"), 100);
  EXPECT_TRUE(store.apply(upsert(Kind::Pod, pod("a", "n1", 100, PodPhase::Failed))));
  EXPECT_TRUE(store.view().pods.empty());
  EXPECT_TRUE(store.view().requests_by_node.empty());
  EXPECT_TRUE(store.view().pods_by_node.empty());
}

TEST(Store, KeepsPoliciesOfBothKindsApart) {
  Store store({});
  list<Policy>(store, Kind::Policy, {policy({"x", "p"})});
  list<Policy>(store, Kind::ClusterPolicy, {policy({"", "c"})});
  EXPECT_EQ(store.view().policies.size(), 2U);
  list<Policy>(store, Kind::Policy, {});
  EXPECT_EQ(store.view().policies.size(), 1U);
  EXPECT_TRUE(store.view().policies.contains({"", "c"}));
}

TEST(Store, TakesTheKubeVirtThatIsDeployed) {
  Store store({});
  const auto kubevirt = [](const std::string& name, const std::string& phase) {
    KubeVirt value;
    value.present = true;
    value.phase = phase;
    value.parallel_migrations_per_cluster = static_cast<std::int64_t>(name.size());
    Object object;
    object.key = {"kubevirt", name};
    object.value = std::make_shared<const KubeVirt>(value);
    return Delta{Kind::KubeVirt, Delta::Type::Upsert, std::move(object), {}};
  };
  EXPECT_FALSE(store.view().kubevirt.present);
  EXPECT_EQ(store.view().platform.reason, ConditionReason::KubeVirtAbsent);
  EXPECT_TRUE(store.apply(kubevirt("a", "")));
  EXPECT_TRUE(store.apply(kubevirt("bb", "Deployed")));
  EXPECT_EQ(store.view().kubevirt.parallel_migrations_per_cluster, 2);
  EXPECT_EQ(store.view().limits.in_cluster, 2);
  EXPECT_TRUE(store.view().platform.ready);
  EXPECT_FALSE(store.apply(kubevirt("bb", "Deployed")));
  EXPECT_TRUE(store.apply(gone(Kind::KubeVirt, {"kubevirt", "bb"})));
  EXPECT_EQ(store.view().kubevirt.parallel_migrations_per_cluster, 1);
}

TEST(Store, NamesTheTimeZonesThatPoliciesNeed) {
  Store store({});
  list<Policy>(store, Kind::Policy, {policy({"x", "p"}, "Europe/Berlin"), policy({"x", "q"}), policy({"x", "r"}, "Asia/Tokyo")});
  EXPECT_EQ(store.missing_time_zones(), (std::set<std::string>{"Asia/Tokyo", "Europe/Berlin"}));
  store.set_time_zone({.name = "Asia/Tokyo", .changes = {}, .before_first = hours{9}});
  EXPECT_EQ(store.missing_time_zones(), std::set<std::string>{"Europe/Berlin"});
}

// What the indexes must say, worked out anew from the tables.
ClusterView indexed_anew(const ClusterView& view) {
  ClusterView fresh;
  for (const auto& [key, value] : view.vms) {
    if (!value->node.empty()) fresh.vms_by_node[value->node].insert(key);
  }
  for (const auto& [key, value] : view.pods) {
    if (value->is_launcher()) fresh.pods_by_vmi_uid[value->vmi_uid].insert(key);
    if (value->keeps_others_away()) fresh.pods_with_anti_affinity.insert(key);
    if (value->node.empty()) continue;
    fresh.pods_by_node[value->node].insert(key);
    add(fresh.requests_by_node[value->node], value->requests);
    if (!value->claims.empty()) fresh.claims_by_node[value->node] += value->claims.size();
    if (value->handler_ready) {
      NodeHandlers& handlers = fresh.handlers_by_node[value->node];
      ++handlers.pods;
      handlers.ready += *value->handler_ready && !value->terminating ? 1 : 0;
    }
    NodePods& on = fresh.totals_by_node[value->node];
    for (auto* total : {&on.all, value->is_launcher() ? &on.launchers : nullptr, value->is_workload() ? &on.workloads : nullptr}) {
      if (total == nullptr) continue;
      ++total->pods;
      total->cpu_milli += amount(value->requests, kCpu);
      total->memory_bytes += amount(value->requests, kMemory);
    }
  }
  for (const auto& [key, value] : view.migrations) fresh.migrations_by_vm[value->vm()].insert(key);
  return fresh;
}

TEST(Store, KeepsTheIndexesTrueThroughAnyChanges) {
  std::mt19937 random(7);  // NOLINT: the same run each time
  const auto draw = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const auto name = [&] { return "o" + std::to_string(draw(8)); };
  const auto node = [&] { return draw(4) == 0 ? "" : "n" + std::to_string(draw(3)); };
  const auto random_vm = [&] { return vm(name(), node(), draw(2) == 0 ? VmPhase::Running : VmPhase::Pending); };
  const auto random_pod = [&] {
    Pod made = pod(name(), node(), draw(5), draw(5) == 0 ? PodPhase::Succeeded : PodPhase::Running,
                   draw(2) == 0 ? "" : "u" + std::to_string(draw(3)));
    if (draw(4) == 0) made.handler_ready = draw(2) == 0;
    if (draw(2) == 0) made.scheduling = std::make_shared<const Scheduling>(Scheduling{.pod_anti_affinity = {PodAffinityTerm{}}});
    made.claims.resize(static_cast<std::size_t>(draw(3)));
    return made;
  };
  const auto random_migration = [&] {
    Migration migration;
    migration.key = {"x", name()};
    migration.vm_name = name();
    return migration;
  };
  Store store({});
  for (int round = 0; round < 3000; ++round) {
    switch (draw(8)) {
      case 0: store.apply(upsert(Kind::Vm, random_vm())); break;
      case 1: store.apply(upsert(Kind::Pod, random_pod())); break;
      case 2: store.apply(upsert(Kind::Migration, random_migration())); break;
      case 3: store.apply(gone(Kind::Vm, {"x", name()})); break;
      case 4: store.apply(gone(Kind::Pod, {"x", name()})); break;
      case 5: store.apply(gone(Kind::Migration, {"x", name()})); break;
      case 6: list<Vm>(store, Kind::Vm, {random_vm(), random_vm(), random_vm()}); break;
      case 7: list<Pod>(store, Kind::Pod, {random_pod(), random_pod(), random_pod()}); break;
    }
    const ClusterView& view = store.view();
    const ClusterView fresh = indexed_anew(view);
    ASSERT_EQ(view.vms_by_node, fresh.vms_by_node) << round;
    ASSERT_EQ(view.pods_by_node, fresh.pods_by_node) << round;
    ASSERT_EQ(view.pods_by_vmi_uid, fresh.pods_by_vmi_uid) << round;
    ASSERT_EQ(view.pods_with_anti_affinity, fresh.pods_with_anti_affinity) << round;
    ASSERT_EQ(view.migrations_by_vm, fresh.migrations_by_vm) << round;
    ASSERT_EQ(view.requests_by_node, fresh.requests_by_node) << round;
    ASSERT_EQ(view.claims_by_node, fresh.claims_by_node) << round;
    ASSERT_EQ(view.totals_by_node, fresh.totals_by_node) << round;
    ASSERT_EQ(view.handlers_by_node, fresh.handlers_by_node) << round;
  }
}

}  // namespace
}  // namespace drover::reflect
