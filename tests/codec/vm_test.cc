#include "codec/vm.h"

#include <gtest/gtest.h>

#include "codec/labels.h"

namespace drover {
namespace {

// As the API server writes it: fields sorted, managedFields in the middle of the metadata.
constexpr std::string_view kVmi = R"({"apiVersion":"kubevirt.io/v1","kind":"VirtualMachineInstance","metadata":{
  "annotations":{"kubevirt.io/latest-observed-api-version":"v1","other":"\u00e9\n"},
  "creationTimestamp":"2026-11-22T10:00:00Z","generation":9,
  "labels":{"app":"db","kubevirt.io/nodeName":"n1"},
  "managedFields":[{"apiVersion":"kubevirt.io/v1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:name":{}}},"manager":"x"}],
  "name":"db-0","namespace":"vms","ownerReferences":[{"name":"db-0","uid":"o"}],"resourceVersion":"4711","uid":"u-1"},
 "spec":{"architecture":"amd64","domain":{"cpu":{"cores":2,"model":"host-model","sockets":2,"threads":1},"devices":{"disks":[{"name":"d"}]},
   "memory":{"guest":"2Gi"},"resources":{"requests":{"memory":"1Gi"}}},"evictionStrategy":"LiveMigrate"},
 "status":{"activePods":{"p":"n1"},"conditions":[
    {"lastProbeTime":null,"lastTransitionTime":"2026-11-22T10:00:01Z","status":"True","type":"Ready"},
    {"message":"no","reason":"DisksNotLiveMigratable","status":"False","type":"LiveMigratable"},
    {"status":"True","type":"HotMemoryChange"},{"status":"False","type":"MigrationRequired"}],
  "evacuationNodeName":"n1","memory":{"guestAtBoot":"2Gi","guestCurrent":"3Gi"},
  "migrationState":{"abortRequested":false,"completed":true,"endTimestamp":"2026-11-22T11:00:00Z","failed":true,"failureReason":"why",
    "migrationUid":"m-1","mode":"PreCopy","sourceNode":"n0","startTimestamp":"2026-11-22T10:59:00Z","targetNode":"n1"},
  "nodeName":"n1","phase":"Running","selinuxContext":"none","volumeStatus":[]}})";

TEST(Vm, NamesTheClaimsOfItsVolumes) {
  const auto vm = decode_vm(
      R"({"metadata":{"name":"db"},"spec":{"volumes":[{"name":"a","persistentVolumeClaim":{"claimName":"data","hotpluggable":true}},
    {"dataVolume":{"name":"root"},"name":"b"},{"name":"c","ephemeral":{"persistentVolumeClaim":{"claimName":"base"}}},
    {"name":"d","containerDisk":{"image":"x"}},{"name":"e","cloudInitNoCloud":{"userData":"x"}}]}})");
  ASSERT_TRUE(vm) << vm.error().message;
  EXPECT_EQ(vm->claims, (std::vector<std::string>{"data", "root", "base"}));
}

TEST(Vm, IsReadFromWhatTheApiServerWrites) {
  const auto vm = decode_vm(kVmi);
  ASSERT_TRUE(vm) << vm.error().message;
  EXPECT_EQ(vm->key, (ObjectKey{"vms", "db-0"}));
  EXPECT_EQ(vm->uid, "u-1");
  EXPECT_EQ(vm->labels, labels_of({{"app", "db"}, {"kubevirt.io/nodeName", "n1"}}));
  EXPECT_EQ(vm->phase, VmPhase::Running);
  EXPECT_EQ(vm->node, "n1");
  EXPECT_FALSE(vm->terminating);
  EXPECT_EQ(vm->vcpus, 4);
  EXPECT_EQ(vm->memory_bytes, std::int64_t{3} << 30);
  EXPECT_EQ(vm->evacuation_node, "n1");
  EXPECT_EQ(vm->live_migratable, false);
  EXPECT_EQ(vm->not_migratable_reason, "DisksNotLiveMigratable");
  EXPECT_EQ(vm->not_migratable_message, "no");
  EXPECT_EQ(vm->pending_changes, std::vector<std::string>{"HotMemoryChange"});
  EXPECT_EQ(vm->selinux_context, "none");
  EXPECT_TRUE(vm->host_model_cpu);
  EXPECT_EQ(vm->created, parse_rfc3339("2026-11-22T10:00:00Z"));
  ASSERT_TRUE(vm->migration);
  EXPECT_EQ(*vm->migration, (MigrationState{.migration_uid = "m-1",
                                            .source_node = "n0",
                                            .target_node = "n1",
                                            .completed = true,
                                            .failed = true,
                                            .abort_requested = false,
                                            .failure_reason = "why",
                                            .mode = "PreCopy",
                                            .started = parse_rfc3339("2026-11-22T10:59:00Z"),
                                            .ended = parse_rfc3339("2026-11-22T11:00:00Z")}));
}

TEST(Vm, WithoutConditionIsNeitherMigratableNorNot) {
  const auto vm = decode_vm(R"({"metadata":{"name":"a"},"status":{"conditions":[{"type":"LiveMigratable","status":"Unknown"}]}})");
  ASSERT_TRUE(vm);
  EXPECT_FALSE(vm->live_migratable.has_value());
  EXPECT_EQ(vm->phase, VmPhase::Unset);
}

TEST(Vm, TakesItsSizeFromTheFirstPlaceThatTellsIt) {
  const auto read = [](std::string_view spec, std::string_view status) {
    return *decode_vm(R"({"metadata":{"name":"a"},"spec":{"domain":)" + std::string(spec) + R"(},"status":)" + std::string(status) +
                      "}");
  };
  EXPECT_EQ(read(R"({"cpu":{"cores":2}})", R"({"currentCPUTopology":{"cores":1,"sockets":6,"threads":1}})").vcpus, 6);
  EXPECT_EQ(read(R"({"cpu":{"cores":2,"threads":2}})", "{}").vcpus, 4);
  EXPECT_EQ(read(R"({"resources":{"requests":{"cpu":"1500m"}}})", "{}").vcpus, 2);
  EXPECT_EQ(read("{}", "{}").vcpus, 1);
  EXPECT_EQ(read(R"({"memory":{"guest":"1Gi"},"resources":{"requests":{"memory":"2Gi"}}})", "{}").memory_bytes, 1 << 30);
  EXPECT_EQ(read(R"({"resources":{"requests":{"memory":1000}}})", "{}").memory_bytes, 1000);
  EXPECT_FALSE(read(R"({"memory":{"guest":"1Gi"}})", "{}").hugepages);
  EXPECT_TRUE(read(R"({"memory":{"guest":"1Gi","hugepages":{"pageSize":"2Mi"}}})", "{}").hugepages);
  EXPECT_FALSE(read(R"({"cpu":{"model":"Skylake"}})", "{}").host_model_cpu);
}

TEST(Vm, IsExcludedByItsOwnersAnnotation) {
  const auto reason = [](std::string_view text) {
    return decode_vm(R"({"metadata":{"name":"a","annotations":{"drover.dev/exclude":")" + std::string(text) + "\"}}}")
        ->excluded_reason;
  };
  EXPECT_EQ(reason("licence is bound to the host"), "licence is bound to the host");
  EXPECT_EQ(reason("true"), "excluded by the annotation drover.dev/exclude");
  EXPECT_EQ(reason(""), "excluded by the annotation drover.dev/exclude");
  EXPECT_EQ(reason("false"), "");
}

TEST(Vm, WithAWrongTypeNamesObjectAndPath) {
  const auto vm = decode_vm(R"({"metadata":{"name":"db-0","namespace":"vms"},"status":{"conditions":[{"type":"A"},{"type":7}]}})");
  ASSERT_FALSE(vm);
  EXPECT_EQ(vm.error().cls, ErrorClass::Invalid);
  EXPECT_EQ(vm.error().message,
            "virtualmachineinstances.kubevirt.io vms/db-0: .status.conditions[1].type: want a string, have a number");
}

TEST(Vm, PassesOverWrongTypesInFieldsThatAreNotUsed) {
  EXPECT_TRUE(
      decode_vm(R"({"metadata":{"name":"a","managedFields":7,"finalizers":{}},"spec":{"networks":true},"status":{"reason":[]}})"));
}

TEST(Vm, TakesNullForAbsent) {
  const auto vm =
      decode_vm(R"({"metadata":{"name":"a","creationTimestamp":null},"spec":null,"status":{"conditions":null,"nodeName":null}})");
  ASSERT_TRUE(vm) << vm.error().message;
  EXPECT_EQ(vm->created, Instant{});
}

TEST(Vm, RefusesWhatIsNoJson) {
  for (const std::string_view text :
       {"", "{", "[]", "7", "{\"metadata\":", "{\"metadata\":{\"name\":\"a\"", "\xff", "{\"metadata\":{\"name\":\"\xff\"}}"}) {
    EXPECT_FALSE(decode_vm(text)) << text;
  }
}

}  // namespace
}  // namespace drover
