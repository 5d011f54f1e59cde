#include "codec/pod.h"

#include <gtest/gtest.h>

#include "codec/decode.h"
#include "codec/labels.h"

namespace drover {
namespace {

Pod pod(std::string_view spec, std::string_view metadata = R"({"name":"p"})") {
  auto read = decode<Pod>(Kind::Pod, "{\"metadata\":" + std::string(metadata) + ",\"spec\":" + std::string(spec) + "}");
  EXPECT_TRUE(read) << read.error().message;
  return read.value_or({});
}

constexpr std::string_view kLauncher = R"({"name":"virt-launcher-db-0-x","namespace":"vms","uid":"p-1",
  "labels":{"kubevirt.io":"virt-launcher","kubevirt.io/created-by":"u-1","kubevirt.io/migrationJobUID":"m-1"}})";

// k8s.io/component-helpers/resource: PodRequests.
TEST(Pod, RequestsTheSumOfItsContainers) {
  EXPECT_EQ(
      pod(R"({"containers":[{"resources":{"requests":{"cpu":"100m","memory":"1Gi"}}},{"resources":{"requests":{"cpu":1}}},{}]})")
          .requests,
      (Resources{{"cpu", 1100}, {"memory", 1 << 30}}));
}

TEST(Pod, RequestsThePeakOfItsInitContainersWhenThatIsMore) {
  EXPECT_EQ(pod(R"({"containers":[{"resources":{"requests":{"cpu":"100m","memory":"2Gi"}}}],
                    "initContainers":[{"resources":{"requests":{"cpu":"2","memory":"1Gi"}}},{"resources":{"requests":{"cpu":"1"}}}]})")
                .requests,
            (Resources{{"cpu", 2000}, {"memory", std::int64_t{2} << 30}}));
}

TEST(Pod, CountsSidecarsWithWhatRunsBesideThem) {
  // Sidecar 1 runs with the containers (0.5 + 1) and with the init container after it (3 + 1), which is more.
  EXPECT_EQ(pod(R"({"containers":[{"resources":{"requests":{"cpu":"500m"}}}],
                    "initContainers":[{"restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}},
                                      {"resources":{"requests":{"cpu":"3"}}}]})")
                .requests,
            (Resources{{"cpu", 4000}}));
  // A sidecar that starts after the greedy init container is not there yet.
  EXPECT_EQ(pod(R"({"containers":[{"resources":{"requests":{"cpu":"500m"}}}],
                    "initContainers":[{"resources":{"requests":{"cpu":"3"}}},
                                      {"restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}}]})")
                .requests,
            (Resources{{"cpu", 3000}}));
}

// While it is resized in place: the scheduler counts the most of what is asked for, granted, and there.
TEST(Pod, HoldsWhatItIsGrantedWhileItIsResized) {
  const auto resized = [](std::string_view status) {
    return decode<Pod>(Kind::Pod, R"({"metadata":{"name":"p"},"spec":{"containers":[
        {"name":"a","resources":{"requests":{"cpu":"1","memory":"1Gi"}}},{"name":"b","resources":{"requests":{"cpu":"1"}}}]},
      "status":{"phase":"Running","containerStatuses":[)" +
                                      std::string(status) + "]}}")
        .value_or({})
        .requests;
  };
  const Resources asked{{"cpu", 2000}, {"memory", 1 << 30}};
  EXPECT_EQ(resized(""), asked);
  EXPECT_EQ(resized(R"({"name":"a","allocatedResources":{"cpu":"500m","memory":"1Gi"}})"), asked);
  EXPECT_EQ(resized(R"({"name":"a","allocatedResources":{"cpu":"3"}})"), (Resources{{"cpu", 4000}, {"memory", 1 << 30}}));
  EXPECT_EQ(resized(R"({"name":"b","resources":{"requests":{"cpu":"2"}}},{"name":"c","allocatedResources":{"cpu":"9"}})"),
            (Resources{{"cpu", 3000}, {"memory", 1 << 30}}));
}

TEST(Pod, SaysWhatItIsThereFor) {
  const auto owner = [](const std::string& references) {
    return pod("{}", R"({"name":"p","ownerReferences":)" + references + "}").owner;
  };
  EXPECT_EQ(owner("[]"), PodOwner::Workload);
  EXPECT_EQ(owner(R"([{"kind":"ReplicaSet","name":"web","controller":true}])"), PodOwner::Workload);
  EXPECT_EQ(owner(R"([{"kind":"DaemonSet","controller":true}])"), PodOwner::Node);
  EXPECT_EQ(owner(R"([{"kind":"Node","controller":true}])"), PodOwner::Node) << "the mirror of a static pod";
  EXPECT_EQ(owner(R"([{"kind":"VirtualMachineInstance","controller":true}])"), PodOwner::Vm);
  EXPECT_EQ(owner(R"([{"kind":"Pod","controller":true}])"), PodOwner::Vm) << "a hotplugged volume's";
  EXPECT_EQ(owner(R"([{"kind":"DaemonSet"},{"kind":"Job","controller":true}])"), PodOwner::Workload) << "one owner controls";
}

// Or no node at rest could be brought back for it.
TEST(Pod, ThatWaitsForANodeSaysWhatItAsksOfIt) {
  const auto read = decode<Pod>(Kind::Pod, R"({"metadata":{"name":"p"},"spec":{"nodeSelector":{"disk":"fast"}},
    "status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable"}]}})");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->waits_for_a_node());
  ASSERT_NE(read->scheduling, nullptr);
  EXPECT_EQ(read->scheduling->node_selector.value_or("disk", ""), "fast");
}

// Whether it may be evicted, and in which order.
TEST(Pod, SaysWhatAnEvictionHasToKnow) {
  const Pod plain = pod(R"({"nodeName":"n1","priority":1000,"volumes":[{"name":"v","configMap":{}}]})",
                        R"({"name":"p","namespace":"x","ownerReferences":[{"kind":"ReplicaSet","controller":true}]})");
  EXPECT_EQ(plain.priority, 1000);
  EXPECT_FALSE(plain.bare || plain.of_job || plain.local_data);
  EXPECT_EQ(plain.holds_on, "");
  const Pod held = pod(R"({"nodeName":"n1","volumes":[{"name":"v","emptyDir":{}}],"nodeSelector":{"disk":"fast"}})",
                       R"({"name":"p","namespace":"x","ownerReferences":[{"kind":"Job","controller":true}],
                           "annotations":{"cluster-autoscaler.kubernetes.io/safe-to-evict":"false"}})");
  EXPECT_TRUE(held.of_job && held.local_data);
  EXPECT_EQ(held.holds_on, "cluster-autoscaler.kubernetes.io/safe-to-evict");
  ASSERT_NE(held.scheduling, nullptr) << "where it may run";
  EXPECT_TRUE(pod(R"({"nodeName":"n1"})", R"({"name":"p","namespace":"x","ownerReferences":[{"kind":"Node"}]})").bare)
      << "nobody controls it";
  const Pod asks =
      pod(R"({"nodeName":"n1"})", R"({"name":"p","namespace":"x","annotations":{"karpenter.sh/do-not-disrupt":"true"}})");
  EXPECT_EQ(asks.holds_on, "karpenter.sh/do-not-disrupt");
}

TEST(Pod, IsKnownByWhatRunsInIt) {
  const auto role = [](const std::string& labels, const char* controller = "ReplicaSet", const char* name = "p") {
    return pod("{}", R"({"name":")" + std::string(name) + R"(","namespace":"x","labels":{)" + labels +
                         R"(},"ownerReferences":[{"kind":")" + controller + R"(","controller":true}]})")
        .role;
  };
  EXPECT_EQ(role(""), PodRole::Other);
  EXPECT_EQ(role(R"("app":"rook-ceph-osd")"), PodRole::Storage);
  EXPECT_EQ(role(R"("longhorn.io/component":"instance-manager")", "InstanceManager"), PodRole::Storage);
  EXPECT_EQ(role(R"("app.kubernetes.io/name":"descheduler")"), PodRole::Descheduler);
  EXPECT_EQ(role(R"("name":"kured")", "DaemonSet"), PodRole::Kured);
  EXPECT_EQ(role("", "Node", "etcd-n1"), PodRole::ControlPlane);
  EXPECT_EQ(role("", "ReplicaSet", "etcd-backup"), PodRole::Other);
}

// Of the many other pods it is not kept: each would be a change of the view when it comes and goes.
TEST(Pod, SaysWhetherAVirtHandlerIsReady) {
  const auto ready = [](const std::string& component, const std::string& status) {
    return decode<Pod>(
               Kind::Pod,
               R"({"metadata":{"name":"p","ownerReferences":[{"kind":"DaemonSet","controller":true}],"labels":{"kubevirt.io":")" +
                   component +
                   R"("}},"spec":{"nodeName":"n1"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":")" + status +
                   R"("}]}})")
        ->handler_ready;
  };
  EXPECT_EQ(ready("virt-handler", "True"), true);
  EXPECT_EQ(ready("virt-handler", "False"), false);
  EXPECT_EQ(ready("virt-api", "True"), std::nullopt);
  EXPECT_EQ(pod(R"({"nodeName":"n1"})", R"({"name":"p","labels":{"kubevirt.io":"virt-handler"}})").handler_ready, std::nullopt)
      << "a tenant's own";
}

TEST(Pod, OfADaemonSetThatItsNodeNeedsSaysWhichItIsAndWhetherItIsReady) {
  const auto read = [](const std::string& ns, const std::string& kind, const std::string& spec) {
    return decode<Pod>(Kind::Pod, R"({"metadata":{"name":"p","namespace":")" + ns + R"(","ownerReferences":[{"kind":")" + kind +
                                      R"(","name":"cni","controller":true}]},"spec":{"nodeName":"n1")" + spec +
                                      R"(},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}})");
  };
  EXPECT_EQ(read("kube-system", "DaemonSet", "")->node_service, "cni");
  EXPECT_TRUE(read("kube-system", "DaemonSet", "")->ready);
  EXPECT_EQ(read("ceph", "DaemonSet", R"(,"priority":2000001000)")->node_service, "cni");
  EXPECT_EQ(read("logs", "DaemonSet", R"(,"priority":1000000)")->node_service, "");
  EXPECT_FALSE(read("logs", "DaemonSet", "")->ready) << "of others it is not kept";
  EXPECT_EQ(read("kube-system", "ReplicaSet", "")->node_service, "");
}

// As kube-scheduler's filter NodePorts: of containers that stay, and of every address unless one is named.
TEST(Pod, TellsWhichPortsOfItsNodeItTakes) {
  const Pod read = pod(R"({"nodeName":"n1","containers":[{"ports":[{"containerPort":80},{"hostPort":0},{"hostPort":443},
        {"hostPort":53,"protocol":"UDP","hostIP":"10.0.0.1"}]}],
      "initContainers":[{"ports":[{"hostPort":1}]},{"restartPolicy":"Always","ports":[{"hostPort":9100,"hostIP":""}]}]})");
  ASSERT_NE(read.scheduling, nullptr);
  EXPECT_EQ(read.scheduling->host_ports,
            (std::vector<HostPort>{{.port = 9100}, {.port = 443}, {.ip = "10.0.0.1", .protocol = "UDP", .port = 53}}));
}

TEST(Pod, NamesItsClaims) {
  const Pod read = pod(R"({"nodeName":"n1","volumes":[{"name":"a","persistentVolumeClaim":{"claimName":"data","readOnly":true}},
      {"ephemeral":{"volumeClaimTemplate":{}},"name":"scratch"},{"name":"b","emptyDir":{}},{"name":"c","secret":{"secretName":"x"}}]})");
  EXPECT_EQ(read.claims, (std::vector<std::string>{"data", "p-scratch"}));
}

TEST(Pod, AddsItsOverhead) {
  EXPECT_EQ(pod(R"({"containers":[{"resources":{"requests":{"cpu":"1"}}}],"overhead":{"cpu":"250m","memory":"64Mi"}})").requests,
            (Resources{{"cpu", 1250}, {"memory", 64 << 20}}));
}

TEST(Pod, TakesRequestsOfThePodAsAWholeBeforeTheSum) {
  EXPECT_EQ(pod(R"({"containers":[{"resources":{"requests":{"cpu":"1","memory":"1Gi"}}}],"resources":{"requests":{"cpu":"3"}}})")
                .requests,
            (Resources{{"cpu", 3000}, {"memory", 1 << 30}}));
}

TEST(Pod, OfALauncherTellsItsVmAndMigration) {
  const Pod read = pod(R"({"nodeName":"n1"})", kLauncher);
  EXPECT_TRUE(read.is_launcher());
  EXPECT_EQ(read.key, (ObjectKey{"vms", "virt-launcher-db-0-x"}));
  EXPECT_EQ(read.uid, "p-1");
  EXPECT_EQ(read.node, "n1");
  EXPECT_EQ(read.vmi_uid, "u-1");
  EXPECT_EQ(read.migration_uid, "m-1");
  EXPECT_EQ(read.labels.size(), 3U);
  EXPECT_NE(read.scheduling, nullptr);
}

TEST(Pod, OfANodesOwnKeepsRoomPlaceAndLabels) {
  const Pod read = pod(R"({"nodeName":"n1","nodeSelector":{"a":"b"},"affinity":{"podAffinity":{
      "requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":{},"topologyKey":"t"}]}},"containers":[{"resources":{"requests":{"cpu":"1"}}}]})",
                       R"({"name":"p","namespace":"x","labels":{"app":"web","kubevirt.io/created-by":"u-1"},
                           "ownerReferences":[{"kind":"DaemonSet","controller":true}]})");
  EXPECT_FALSE(read.is_launcher());
  EXPECT_EQ(read.labels, labels_of({{"app", "web"}, {"kubevirt.io/created-by", "u-1"}}));
  EXPECT_EQ(read.scheduling, nullptr);
  EXPECT_EQ(read.node, "n1");
  EXPECT_EQ(read.requests, (Resources{{"cpu", 1000}}));
}

TEST(Pod, OfANodesOwnTellsWhomItKeepsAwayAndNoMore) {
  const Pod read =
      pod(R"({"nodeName":"n1","nodeSelector":{"a":"b"},"tolerations":[{"operator":"Exists"}],"affinity":{
      "nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{}]}},
      "podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
          {"labelSelector":{"matchLabels":{"app":"web"}},"topologyKey":"kubernetes.io/hostname"}]}}})",
          R"({"name":"p","namespace":"x","labels":{"app":"db"},"ownerReferences":[{"kind":"DaemonSet","controller":true}]})");
  ASSERT_NE(read.scheduling, nullptr);
  Scheduling wanted;
  wanted.pod_anti_affinity = {
      {.selector = {{{"app", Requirement::Operator::In, {"web"}}}}, .topology_key = "kubernetes.io/hostname"}};
  EXPECT_EQ(*read.scheduling, wanted);
  EXPECT_TRUE(read.keeps_others_away());
}

TEST(Pod, TellsWhatTheSchedulerWillAskOfItsNode) {
  const Pod read = pod(R"({"nodeSelector":{"kubevirt.io/schedulable":"true"},
    "affinity":{
      "nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
          {"matchExpressions":[{"key":"zone","operator":"In","values":["a","b"]}],"matchFields":[{"key":"metadata.name","operator":"NotIn","values":["n1"]}]}]},
        "preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"preference":{}}]},
      "podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"k"}]},
      "podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
          {"labelSelector":{"matchLabels":{"app":"db"},"matchExpressions":[{"key":"x","operator":"Exists"}]},"topologyKey":"kubernetes.io/hostname","namespaces":["vms"]},
          {"labelSelector":{},"namespaceSelector":{},"topologyKey":"t"},
          {"labelSelector":{},"namespaceSelector":{"matchLabels":{"a":"b"}},"topologyKey":"t"},
          {"topologyKey":"selects no pod"}]}},
    "tolerations":[{"key":"a","operator":"Equal","value":"b","effect":"NoSchedule"},{"operator":"Exists"}],
    "topologySpreadConstraints":[{"whenUnsatisfiable":"ScheduleAnyway"},{"whenUnsatisfiable":"DoNotSchedule"}]})",
                       kLauncher);
  ASSERT_NE(read.scheduling, nullptr);
  using Op = Requirement::Operator;
  const Scheduling wanted{
      .node_selector = labels_of({{"kubevirt.io/schedulable", "true"}}),
      .node_affinity = {{.expressions = {{"zone", Op::In, {"a", "b"}}}, .fields = {{"metadata.name", Op::NotIn, {"n1"}}}}},
      .pod_affinity = {{.selector = {}, .namespaces = {}, .all_namespaces = false, .unreadable = true, .topology_key = "k"}},
      .pod_anti_affinity = {{.selector = {{{"app", Op::In, {"db"}}, {"x", Op::Exists, {}}}},
                             .namespaces = {"vms"},
                             .all_namespaces = false,
                             .unreadable = false,
                             .topology_key = "kubernetes.io/hostname"},
                            {.selector = {}, .namespaces = {}, .all_namespaces = true, .unreadable = false, .topology_key = "t"},
                            {.selector = {}, .namespaces = {}, .all_namespaces = false, .unreadable = true, .topology_key = "t"}},
      .tolerations = {{"a", "Equal", "b", "NoSchedule"}, {"", "Exists", "", ""}},
      .has_hard_topology_spread = true};
  EXPECT_EQ(*read.scheduling, wanted);
}

TEST(Pod, ThatTheSchedulerCannotPlaceIsUnschedulable) {
  const auto read =
      decode<Pod>(Kind::Pod, "{\"metadata\":" + std::string(kLauncher) + R"(,"status":{"phase":"Pending","conditions":[
    {"type":"PodScheduled","status":"False","reason":"Unschedulable"}]}})");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->unschedulable);
  EXPECT_EQ(read->phase, PodPhase::Pending);
  EXPECT_FALSE(read->is_over());
}

TEST(SchedulingPool, SharesEqualValues) {
  Decoder decoder(Kind::Pod);
  const auto read = [&](std::string_view name, std::string_view selector) {
    const auto object =
        decoder.object(R"({"metadata":{"name":")" + std::string(name) +
                       R"(","labels":{"kubevirt.io":"virt-launcher","kubevirt.io/created-by":"u"}},"spec":{"nodeSelector":{"a":")" +
                       std::string(selector) + "\"}}}");
    return std::get<std::shared_ptr<const Pod>>(object->value)->scheduling;
  };
  const auto a = read("p1", "x");
  EXPECT_EQ(a, read("p2", "x"));
  EXPECT_NE(a, read("p3", "y"));
}

TEST(SchedulingPool, ForgetsWhatNobodyUses) {
  SchedulingPool pool;
  for (int i = 0; i < 10'000; ++i)
    (void)pool.intern({.node_selector = labels_of({{"i", std::to_string(i)}}),
                       .node_affinity = {},
                       .pod_affinity = {},
                       .pod_anti_affinity = {},
                       .tolerations = {}});
  EXPECT_LT(pool.size(), 200U);
}

TEST(DisruptionBudget, IsRead) {
  const auto budget = decode<DisruptionBudget>(
      Kind::DisruptionBudget,
      R"({"metadata":{"name":"b","namespace":"vms"},"spec":{"minAvailable":"50%","selector":{"matchLabels":{"app":"db"}}},"status":{"disruptionsAllowed":2}})");
  ASSERT_TRUE(budget);
  EXPECT_EQ(*budget, (DisruptionBudget{{"vms", "b"}, {{{"app", Requirement::Operator::In, {"db"}}}}, 2}));
}

TEST(DisruptionBudget, AllowsNothingUntilItsChangeIsReckonedWith) {
  const auto allowed = [](const std::string& observed) {
    return decode<DisruptionBudget>(Kind::DisruptionBudget,
                                    R"({"metadata":{"name":"b","generation":3},"status":{"disruptionsAllowed":2)" + observed + "}}")
        ->disruptions_allowed;
  };
  EXPECT_EQ(allowed(R"(,"observedGeneration":3)"), 2);
  EXPECT_EQ(allowed(R"(,"observedGeneration":2)"), 0);
  EXPECT_EQ(allowed(""), 0);
}

bool selects(const std::string& spec, const Labels& labels) {
  const auto budget =
      decode<DisruptionBudget>(Kind::DisruptionBudget, R"({"metadata":{"name":"b","namespace":"vms"},"spec":)" + spec + "}");
  EXPECT_TRUE(budget);
  return budget->selector.matches(labels);
}

TEST(DisruptionBudget, WithoutASelectorSelectsNoPodAndWithAnEmptyOneAll) {
  for (const auto& entries : std::vector<std::vector<std::pair<std::string, std::string>>>{{}, {{"app", "db"}}, {{"", ""}}}) {
    const Labels labels(entries);
    EXPECT_FALSE(selects(R"({"maxUnavailable":0})", labels));
    EXPECT_FALSE(selects(R"({"maxUnavailable":0,"selector":null})", labels));
    EXPECT_TRUE(selects(R"({"maxUnavailable":0,"selector":{}})", labels));
  }
}

}  // namespace
}  // namespace drover
