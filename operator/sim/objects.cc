#include "sim/objects.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace drover::sim {
namespace {

constexpr const char* kGroupLabel = "scenario/group";  // of nodes

Labels label_list(std::initializer_list<std::pair<std::string, std::string>> entries) {
  return Labels(std::vector<std::pair<std::string, std::string>>(entries));
}

std::shared_ptr<const Scheduling> scheduling_with(const Labels& added) {
  Scheduling scheduling;
  scheduling.node_selector = label_list({{std::string(label::kSchedulable), "true"}, {"kubernetes.io/arch", "amd64"}});
  for (const auto& [key, value] : added) scheduling.node_selector.set(key, value);
  return std::make_shared<const Scheduling>(std::move(scheduling));
}

}  // namespace

Node node_object(const NodeGroup& group, const std::string& name, const std::string& zone) {
  if (group.captured) return *group.captured;
  Node node;
  node.name = name;
  node.uid = "node-" + name;
  node.ready = true;
  node.labels = label_list({{std::string(label::kHostname), name},
                            {"kubernetes.io/arch", "amd64"},
                            {std::string(label::kZone), zone},
                            {std::string(label::kSchedulable), "true"},
                            {"host-model-cpu.node.kubevirt.io/Skylake", "true"},
                            {"cpu-model-migration.node.kubevirt.io/Skylake", "true"},
                            {"cpu-vendor.node.kubevirt.io/Intel", "true"},
                            {kGroupLabel, group.name}});
  for (const auto& [key, value] : group.labels) node.labels.set(key, value);
  node.allocatable = {{std::string(kCpu), static_cast<std::int64_t>(group.cores * 1000)},
                      {std::string(kMemory), group.memory_bytes},
                      {"pods", group.pods},
                      {"devices.kubevirt.io/kvm", 1000},
                      {"devices.kubevirt.io/tun", 1000},
                      {"devices.kubevirt.io/vhost-net", 1000}};
  return node;
}

PowerProfile power_profile(const NodeGroup& group) {
  PowerProfile profile;
  profile.name = group.name;
  profile.nodes.requirements = {{.key = kGroupLabel, .op = Requirement::Operator::In, .values = {group.name}}};
  profile.model = group.power;
  profile.driver = PowerDriverKind::Redfish;  // every simulated machine has a management controller
  return profile;
}

Vm vm_object(const VmGroup& group, const ObjectKey& key, const std::string& uid, Instant created) {
  if (group.captured) return group.captured->vm;
  Vm vm;
  vm.key = key;
  vm.uid = uid;
  vm.labels = group.labels;
  vm.phase = VmPhase::Scheduling;
  vm.vcpus = group.vcpus;
  vm.memory_bytes = group.memory_bytes;
  vm.created = created;
  return vm;
}

void set_running(Vm& vm, const std::string& node) {
  vm.phase = VmPhase::Running;
  vm.node = node;
  vm.selinux_context = "none";
}

Pod launcher_pod(const VmGroup& group, const Vm& vm, const std::string& name) {
  if (group.captured) return group.captured->launcher;
  const Requests requests = requests_of(group);
  Pod pod;
  pod.key = {vm.key.ns, name};
  pod.uid = "pod-" + name;
  pod.phase = PodPhase::Pending;
  pod.requests = {{std::string(kCpu), requests.cpu_milli},
                  {std::string(kMemory), requests.memory_bytes},
                  {"devices.kubevirt.io/kvm", 1},
                  {"devices.kubevirt.io/tun", 1},
                  {"devices.kubevirt.io/vhost-net", 1}};
  pod.vmi_uid = vm.uid;
  pod.labels = vm.labels;
  pod.labels.set("kubevirt.io", "virt-launcher");
  pod.labels.set("kubevirt.io/created-by", vm.uid);
  static const std::shared_ptr<const Scheduling> kPlain = scheduling_with({});
  pod.scheduling = kPlain;
  return pod;
}

Pod target_pod(const VmGroup& group, const Vm& vm, const std::string& name, const Migration& migration) {
  Pod pod = launcher_pod(group, vm, name);
  pod.migration_uid = migration.uid;
  if (!group.captured) {
    pod.scheduling = scheduling_with(migration.added_node_selector);
    return pod;
  }
  pod.key.name = name;
  pod.uid = "pod-" + name;
  pod.node.clear();
  pod.phase = PodPhase::Pending;
  Scheduling scheduling = pod.scheduling ? *pod.scheduling : Scheduling{};
  for (const auto& [key, value] : migration.added_node_selector) scheduling.node_selector.set(key, value);
  pod.scheduling = std::make_shared<const Scheduling>(std::move(scheduling));
  return pod;
}

Requests requests_of(const VmGroup& group) {
  return {group.cpu_request_milli, group.memory_bytes + group.memory_overhead_bytes};
}

bool accepts_pods(const Node& node) {
  const bool tainted = std::any_of(node.taints.begin(), node.taints.end(),
                                   [](const Taint& taint) { return taint.effect == "NoSchedule" || taint.effect == "NoExecute"; });
  return node.ready && !node.unschedulable && !tainted && node.labels.value_or(label::kSchedulable, "") == "true";
}

}  // namespace drover::sim
