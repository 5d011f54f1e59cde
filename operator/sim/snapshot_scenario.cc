#include "sim/snapshot_scenario.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "core/feasibility.h"
#include "reflect/store.h"

namespace drover::sim {
namespace {

using reflect::Delta;

constexpr double kLeastDirtyShare = 0.1;  // of a VM that is idle; see VmGroup::dirty_bytes_per_second

ClusterView view_of(const SnapshotFile& file) {
  reflect::Store store({});
  for (const auto& [kind, objects] : file.objects) {
    store.apply({.kind = kind, .type = Delta::Type::RelistBegin, .object = {}, .error = {}});
    for (const Object& object : objects) store.apply({.kind = kind, .type = Delta::Type::Upsert, .object = object, .error = {}});
    store.apply({.kind = kind, .type = Delta::Type::RelistEnd, .object = {}, .error = {}});
  }
  return store.view();
}

class Converter {
 public:
  explicit Converter(const SnapshotFile& file) : file_(file), view_(view_of(file)) {}

  CapturedCluster convert() {
    Scenario& scenario = made_.scenario;
    scenario.name = "a cluster as of " + to_rfc3339(file_.taken);
    scenario.start = file_.taken;
    scenario.kubevirt = view_.kubevirt;
    scenario.metrics.delay = file_.use.age;
    for (const auto& [key, node] : view_.nodes) add(*node);
    for (const auto& [key, vm] : view_.vms) add(*vm);
    for (const auto& [key, policy] : view_.policies) add(*policy);
    add_others();
    give_drivers();
    return std::move(made_);
  }

 private:
  void add(const Policy& policy) {
    made_.policies.push_back(policy);
    const auto* threshold = std::get_if<ThresholdSettings>(&policy.spec.settings);
    const auto said = file_.signals.find(policy.ref.key);
    if (threshold == nullptr || said == file_.signals.end()) return;
    // What a signal is called by says different things of different namespaces, each with its own VMs.
    for (CapturedSignal& other : made_.scenario.signals) {
      if (other.signal == threshold->signal)
        return other.table.values.insert(said->second.values.begin(), said->second.values.end());
    }
    made_.scenario.signals.push_back({threshold->signal, said->second});
  }
  void add(const Node& node) {
    if (amount(node.allocatable, kCpu) <= 0 || amount(node.allocatable, kMemory) <= 0) {
      made_.notes.push_back("node " + node.name +
                            " is left out: status.allocatable gives it no CPU or no memory, so it can hold nothing");
      left_out_.insert(node.name);
      return;
    }
    NodeGroup group;
    group.name = node.name;
    group.captured = std::make_shared<const Node>(node);
    group.cores = static_cast<double>(amount(node.allocatable, kCpu)) / 1000.0;
    group.memory_bytes = amount(node.allocatable, kMemory);
    group.pods = amount(node.allocatable, "pods");
    group.power = view_.power_model(node);
    if (const auto pods = view_.pods_by_node.find(node.name); pods != view_.pods_by_node.end()) {
      for (const ObjectKey& key : pods->second) {
        const Pod& pod = *view_.pods.at(key);
        if (pod.is_launcher()) continue;
        group.other_cpu_milli += amount(pod.requests, kCpu);
        group.other_memory_bytes += amount(pod.requests, kMemory);
        ++group.other_pods;
      }
    }
    made_.scenario.nodes.push_back(std::move(group));
  }

  // The launcher pod of a VM that does not run yet is the one that there is.
  [[nodiscard]] const Pod* launcher_of(const Vm& vm) const {
    if (const Pod* active = active_launcher(view_, vm)) return active;
    const auto pods = view_.pods_by_vmi_uid.find(vm.uid);
    return pods == view_.pods_by_vmi_uid.end() ? nullptr : view_.pods.at(*pods->second.begin()).get();
  }

  void add(const Vm& vm) {
    const std::string name = to_string(vm.key);
    const Pod* launcher = launcher_of(vm);
    if (vm.is_final() || vm.terminating || launcher == nullptr) {
      if (!vm.is_final())
        made_.notes.push_back("VM " + name + " is left out: it " + (vm.terminating ? "was being deleted" : "has no launcher pod"));
      return;
    }
    if (left_out_.contains(vm.node)) {
      made_.notes.push_back("VM " + name + " is left out, as its node " + vm.node + " is");
      return;
    }
    VmGroup group;
    group.name = vm.key.name;
    group.ns = vm.key.ns;
    group.vcpus = vm.vcpus;
    group.memory_bytes = std::max<std::int64_t>(vm.memory_bytes, 1);
    group.cpu_request_milli = amount(launcher->requests, kCpu);
    group.memory_overhead_bytes = amount(launcher->requests, kMemory) - group.memory_bytes;
    group.live_migratable = vm.live_migratable.value_or(false);
    group.restarts = false;
    group.labels = vm.labels;
    CapturedVm captured{.vm = vm, .launcher = *launcher, .measured = false};
    if (!view_.known_volumes.claims || !view_.known_volumes.volumes) {  // or none of its claims would be found
      captured.vm.claims.clear();
      captured.launcher.claims.clear();
    }
    group.demand = ConstantDemand{0};
    if (const auto use = file_.use.vms.find(vm.key); use != file_.use.vms.end()) {
      const VmUse& figures = use->second;
      captured.measured = figures.cpu_cores && figures.memory_bytes;
      const double cores = figures.cpu_cores.value_or(0) + figures.cpu_delay_cores.value_or(0);
      const double share = cores / static_cast<double>(vm.vcpus);
      group.demand = ConstantDemand{share};
      group.memory_use = figures.memory_bytes.value_or(0) / static_cast<double>(group.memory_bytes);
      group.dirty_bytes_per_second = figures.dirty_bytes_per_second.value_or(0) / std::max(kLeastDirtyShare, share);
    }
    if (!captured.measured)
      made_.notes.push_back("VM " + name + " was not measured: it is taken to use nothing, and Drover is told so little");
    group.captured = std::make_shared<const CapturedVm>(std::move(captured));
    made_.scenario.vms.push_back(std::move(group));
  }

  void keep(Kind kind, const Object& object) { made_.scenario.objects.emplace_back(kind, object); }

  void add_others() {
    for (const auto& [kind, objects] : file_.objects) {
      for (const Object& object : objects) {
        switch (kind) {
          case Kind::Namespace:
            made_.scenario.namespaces.push_back(*std::get<std::shared_ptr<const Namespace>>(object.value));
            break;
          case Kind::Pod:
            if (!std::get<std::shared_ptr<const Pod>>(object.value)->is_launcher()) keep(kind, object);
            break;
          case Kind::Migration:
            if (std::get<std::shared_ptr<const Migration>>(object.value)->is_final()) {
              keep(kind, object);
            } else {
              made_.notes.push_back("migration " + to_string(object.key) + " was under way: it is taken not to have begun");
            }
            break;
          case Kind::DisruptionBudget:
          case Kind::VolumeClaim:
          case Kind::Volume:
          case Kind::CsiNode:
          case Kind::KubeVirtPolicy: keep(kind, object); break;
          default: break;  // converted above
        }
      }
    }
  }

  // What drivers would save is worth knowing before there are any.
  void give_drivers() {
    const auto put = [&](PowerProfile profile) {
      if (profile.driver == PowerDriverKind::None) profile.driver = PowerDriverKind::Redfish;
      const ObjectKey key{"", profile.name};
      keep(Kind::PowerProfile, {key, std::make_shared<const PowerProfile>(std::move(profile))});
    };
    for (const auto& [key, profile] : view_.power_profiles) put(*profile);
    const auto lacks = [&](const auto& entry) { return !view_.power_driver(*entry.second); };
    const auto without = std::count_if(view_.nodes.begin(), view_.nodes.end(), lacks);
    if (without == 0) return;
    // Behind all others: for nodes that none of them selects.
    put({.name = "~simulated", .priority = std::numeric_limits<std::int64_t>::min(), .nodes = {}, .model = {}});
    made_.notes.push_back("no PowerProfile names a power driver for " + std::to_string(without) +
                          (without == 1 ? " node" : " nodes") + ": policies may switch them off here all the same");
  }

  const SnapshotFile& file_;
  ClusterView view_;
  CapturedCluster made_;
  std::set<std::string> left_out_;  // nodes
};

}  // namespace

CapturedCluster scenario_of(const SnapshotFile& file) {
  return Converter(file).convert();
}

}  // namespace drover::sim
