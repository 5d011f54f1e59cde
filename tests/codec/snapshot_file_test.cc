#include "codec/snapshot_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/decoder.h"

namespace drover {
namespace {

using testing::HasSubstr;
using testing::Not;

const Instant kTaken = *parse_rfc3339("2026-11-22T10:00:00Z");

// A pod as the API server would write it, with what a snapshot must not hold.
constexpr std::string_view kPods = R"({"kind":"PodList","metadata":{"resourceVersion":"9"},"items":[
  {"metadata":{"name":"virt-launcher-db","namespace":"vms","uid":"p","annotations":{"token":"s3cret","kubevirt.io/domain":"db"},
     "labels":{"kubevirt.io":"virt-launcher","kubevirt.io/created-by":"vm"},"managedFields":[{"manager":"x"}]},
   "spec":{"nodeName":"n1","containers":[{"name":"compute","env":[{"name":"PASSWORD","value":"s3cret"}],"args":["--s3cret"],"ports":[{"hostPort":443,"hostIP":"10.0.0.1"}],
       "resources":{"requests":{"cpu":"200m","memory":"1Gi"},"limits":{"cpu":"9"}}}],
     "initContainers":[{"restartPolicy":"Always","resources":{"requests":{"memory":"1Mi"}}}],
     "nodeSelector":{"kubevirt.io/schedulable":"true"},"tolerations":[{"key":"a","operator":"Exists"}],
     "affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":{"matchLabels":{"x":"y"}},
       "topologyKey":"kubernetes.io/hostname"}]}},
     "volumes":[{"secret":{"secretName":"s3cret"}},{"name":"d","persistentVolumeClaim":{"claimName":"data"}},
       {"name":"e","ephemeral":{"volumeClaimTemplate":{"metadata":{"annotations":{"x":"s3cret"}}}}}]},
   "status":{"phase":"Running","conditions":[{"type":"PodScheduled","status":"True"}]}}]})";
constexpr std::string_view kVms = R"({"metadata":{"resourceVersion":"9"},"items":[
  {"metadata":{"name":"db","namespace":"vms","uid":"vm","creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app":"db"},
     "annotations":{"drover.dev/exclude":"mine"}},
   "spec":{"evictionStrategy":"LiveMigrate","domain":{"cpu":{"cores":2},"memory":{"guest":"1Gi"}},
     "volumes":[{"cloudInitNoCloud":{"userData":"s3cret"}},{"dataVolume":{"name":"data"}}],"accessCredentials":["s3cret"]},
   "status":{"phase":"Running","nodeName":"n1","selinuxContext":"none","conditions":[{"type":"LiveMigratable","status":"True"}],
     "migrationState":{"migrationUid":"m","sourceNode":"n2","targetNode":"n1","completed":true}}}]})";
constexpr std::string_view kNodes = R"({"metadata":{"resourceVersion":"9"},"items":[
  {"metadata":{"name":"n1","uid":"n","labels":{"kubevirt.io/schedulable":"true"},
     "annotations":{"kubevirt.io/heartbeat":"2026-11-22T09:59:00Z","drover.dev/node-life":"Retiring","other":"s3cret"}},
   "spec":{"podCIDR":"10.0.0.0/24","taints":[{"key":"drover.dev/retiring","effect":"NoSchedule"}]},
   "status":{"allocatable":{"cpu":"4","memory":"8Gi"},"conditions":[{"type":"Ready","status":"True"}],"images":[{"names":["x"]}]}}]})";

constexpr std::string_view kClaims = R"({"metadata":{"resourceVersion":"9"},"items":[
  {"metadata":{"name":"data","namespace":"vms","annotations":{"pv.kubernetes.io/bind-completed":"yes","other":"s3cret"}},
   "spec":{"volumeName":"pv","storageClassName":"s3cret"},"status":{"phase":"Bound"}}]})";
constexpr std::string_view kVolumes = R"({"metadata":{"resourceVersion":"9"},"items":[
  {"metadata":{"name":"pv","labels":{"topology.kubernetes.io/zone":"a"}},
   "spec":{"csi":{"driver":"d","volumeHandle":"h","volumeAttributes":{"password":"s3cret"}},"nodeAffinity":{"required":{"nodeSelectorTerms":[
     {"matchExpressions":[{"key":"zone","operator":"In","values":["a"]}]}]}}}}]})";
constexpr std::string_view kCsiNodes = R"({"metadata":{"resourceVersion":"9"},"items":[
  {"metadata":{"name":"n1"},"spec":{"drivers":[{"name":"d","nodeID":"s3cret","allocatable":{"count":3}}]}}]})";

std::string snapshot() {
  SnapshotWriter writer;
  writer.add_page(Kind::Pod, kPods);
  writer.add_page(Kind::Vm, kVms);
  writer.add_page(Kind::Node, kNodes);
  writer.add_page(Kind::VolumeClaim, kClaims);
  writer.add_page(Kind::Volume, kVolumes);
  writer.add_page(Kind::CsiNode, kCsiNodes);
  writer.add_page(Kind::Namespace, R"({"metadata":{"resourceVersion":"9"},"items":[]})");
  UseTable use;
  use.sampled = kTaken;
  use.age = seconds{30};
  use.vms[{"vms", "db"}] = {.cpu_cores = 1.5, .memory_bytes = 5e8};
  writer.set_use(use);
  writer.add_signal({{"vms", "hot"}, "u"}, {.sampled = kTaken, .values = {{{"vms", "db"}, -0.25}}});
  return writer.text(kTaken);
}

template <typename T>
T only(const SnapshotFile& file, Kind kind) {
  return *std::get<std::shared_ptr<const T>>(file.objects.at(kind).at(0).value);
}
template <typename T>
T first_of(Kind kind, std::string_view list) {
  Decoder decoder(kind);
  return *std::get<std::shared_ptr<const T>>(decoder.list(std::string(list))->items.at(0).value);
}

TEST(SnapshotFile, ReadsBackEverythingThatDecisionsAreMadeOn) {
  const auto file = decode_snapshot(snapshot());
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->taken, kTaken);
  EXPECT_EQ(only<Pod>(*file, Kind::Pod), first_of<Pod>(Kind::Pod, kPods));
  EXPECT_EQ(only<Vm>(*file, Kind::Vm), first_of<Vm>(Kind::Vm, kVms));
  EXPECT_EQ(only<Node>(*file, Kind::Node), first_of<Node>(Kind::Node, kNodes));
  EXPECT_EQ(only<VolumeClaim>(*file, Kind::VolumeClaim), first_of<VolumeClaim>(Kind::VolumeClaim, kClaims));
  EXPECT_EQ(only<Volume>(*file, Kind::Volume), first_of<Volume>(Kind::Volume, kVolumes));
  EXPECT_EQ(only<CsiNode>(*file, Kind::CsiNode), first_of<CsiNode>(Kind::CsiNode, kCsiNodes));
  EXPECT_TRUE(file->objects.contains(Kind::Namespace)) << "it was read, and there is none";
  EXPECT_FALSE(file->objects.contains(Kind::Migration)) << "it was not read";
  EXPECT_EQ(file->use.age, seconds{30});
  EXPECT_EQ(file->use.vms.at({"vms", "db"}), (VmUse{.cpu_cores = 1.5, .memory_bytes = 5e8}));
  EXPECT_EQ(file->signals.at({"vms", "hot"}).values.at({"vms", "db"}), -0.25);
}

// The reader of the cluster has left it out and said so; the file must be one that can be read.
TEST(SnapshotFile, LeavesOutWhatCannotBeRead) {
  SnapshotWriter writer;
  writer.add_page(Kind::Node, R"({"metadata":{"resourceVersion":"9"},"items":[
      {"metadata":{"name":"bad"},"status":{"allocatable":{"cpu":"much"}}},{"metadata":{"name":"good"}}]})");
  const auto file = decode_snapshot(writer.text(kTaken));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(only<Node>(*file, Kind::Node).name, "good");
  EXPECT_EQ(file->objects.at(Kind::Node).size(), 1U);
}

TEST(SnapshotFile, HoldsNoSecret) {
  EXPECT_THAT(snapshot(), Not(HasSubstr("s3cret")));
  EXPECT_THAT(snapshot(), Not(HasSubstr("PASSWORD")));
}

TEST(SnapshotFile, IsTheSameForTheSameCluster) {
  EXPECT_EQ(snapshot(), snapshot());
}

struct BadFile {
  std::string text;
  std::string problem;
};
class BadSnapshot : public testing::TestWithParam<BadFile> {};

TEST_P(BadSnapshot, SaysWhatIsWrong) {
  const auto file = decode_snapshot(GetParam().text);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().cls, ErrorClass::Invalid);
  EXPECT_THAT(file.error().message, HasSubstr(GetParam().problem));
}

std::string with(const std::string& more) {
  return R"({"kind":"DroverSnapshot","version":1,"taken":"2026-11-22T10:00:00Z",)" + more + "}";
}

INSTANTIATE_TEST_SUITE_P(
    SnapshotFile, BadSnapshot,
    testing::Values(BadFile{"", "is empty"}, BadFile{"{\"kind\":", "is no JSON, or was cut"},
                    BadFile{"[]", "an object was expected"}, BadFile{"\xff\xfe", "is no JSON"},
                    BadFile{"{}", "kind: this is no snapshot of version 1"},
                    BadFile{R"({"kind":"DroverSnapshot","version":2})", "kind: this is no snapshot of version 1"},
                    BadFile{R"({"kind":"DroverSnapshot","version":1,"taken":"noon"})", ".taken: \"noon\" is no time"},
                    BadFile{with(R"("extra":1)"), ".extra: is no field of a snapshot"},
                    BadFile{with(R"("objects":{"secrets":[]})"), "objects.secrets: is no resource that Drover reads"},
                    BadFile{with(R"("objects":{"nodes":{}})"), "objects.nodes: a list was expected"},
                    BadFile{with(R"("objects":{"nodes":[{"metadata":{"name":"n"},"status":{"allocatable":{"cpu":"much"}}}]})"),
                            "objects.nodes[0]: nodes n: .status.allocatable.cpu: \"much\" is not a quantity"},
                    BadFile{with(R"("objects":{"nodes":[{"metadata":{"name":"n"}},{"metadata":{"name":"n"}}]})"),
                            "objects.nodes[1]: n is there twice"},
                    BadFile{with(R"("use":{"sampled":"2026-11-22T10:00:00Z","vms":[{"namespace":"a","name":"b","cpuCores":-1}]})"),
                            "use.vms[0].cpuCores: must be a number from 0"},
                    BadFile{
                        with(R"("use":{"sampled":"2026-11-22T10:00:00Z","vms":[{"namespace":"a","name":"b","cpuCores":1e19}]})"),
                        "use.vms[0].cpuCores: must be a number from 0"},
                    BadFile{with(R"("signals":[{"namespace":"a"}])"), "signals[0].name: a text was expected"},
                    BadFile{std::string(5000, '['), "nested more than"}));

}  // namespace
}  // namespace drover
