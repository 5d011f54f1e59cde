// World: a small cluster for tests, put together object by object, with the indexes kept as reflect::Store keeps them.
//
//   World w;
//   w.add_node("n1");
//   w.add_vm("db", "n1");                                     // Running, migratable, with its launcher pod
//   w.change_node("n1", [](Node& n) { n.unschedulable = true; });
//   w.add_migration("m1", "db", "n2");                        // ours, Pending
//   w.bind_target("m1");                                      // its target pod is on n2 now
//   w.finish("m1");                                           // Succeeded: the VM runs on n2
//
// Names without a slash are in namespace "vms". Everything is given a uid: "uid-" + name.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "core/effect.h"
#include "model/view_index.h"

namespace drover::test {

inline constexpr std::int64_t kGi = 1LL << 30;

[[nodiscard]] inline Instant at(std::string_view rfc3339) {
  const auto t = parse_rfc3339(rfc3339);
  DROVER_CHECK(t.has_value());
  return *t;
}

// Labels from literals; unlike the constructor it takes a single pair too.
[[nodiscard]] inline Labels labels(std::initializer_list<std::pair<std::string, std::string>> entries) {
  return Labels(std::vector<std::pair<std::string, std::string>>(entries));
}

[[nodiscard]] inline ObjectKey key_of(const std::string& name) {
  const auto slash = name.find('/');
  if (slash == std::string::npos) return {"vms", name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

class World {
 public:
  template <typename T>
  using Edit = std::function<void(T&)>;

  ClusterView view;
  Instant now = at("2026-01-05T12:00:00Z");  // a Monday

  World() {
    view.kubevirt.present = true;
    view.kubevirt.version = "v1.8.0";
    view.kubevirt.phase = "Deployed";
    view.platform = platform_of(view.kubevirt);
    put(Namespace{.name = "vms", .labels = labels({{"kubernetes.io/metadata.name", "vms"}})});
  }

  // Ready and KubeVirt-schedulable: 16 cores, 64 GiB, 110 pods, 1000 of each device, zone "a", an Intel CPU of host model Skylake.
  void add_node(const std::string& name, const Edit<Node>& edit = {}) {
    Node node;
    node.name = name;
    node.uid = "uid-" + name;
    node.ready = true;
    node.labels = labels({{"kubernetes.io/hostname", name},
                          {"kubernetes.io/arch", "amd64"},
                          {"topology.kubernetes.io/zone", "a"},
                          {"kubevirt.io/schedulable", "true"},
                          {"host-model-cpu.node.kubevirt.io/Skylake", "true"},
                          {"host-model-required-features.node.kubevirt.io/vmx", "true"},
                          {"cpu-model-migration.node.kubevirt.io/Skylake", "true"},
                          {"cpu-feature.node.kubevirt.io/vmx", "true"},
                          {"cpu-vendor.node.kubevirt.io/Intel", "true"}});
    node.allocatable = {{"cpu", 16000},
                        {"memory", 64 * kGi},
                        {"pods", 110},
                        {"devices.kubevirt.io/kvm", 1000},
                        {"devices.kubevirt.io/tun", 1000},
                        {"devices.kubevirt.io/vhost-net", 1000}};
    if (edit) edit(node);
    put(std::move(node));
  }

  // 2 vCPUs and 4 GiB that run on `node` in pod "virt-launcher-NAME-0", which requests 2 cores and 4.25 GiB.
  void add_vm(const std::string& name, const std::string& node, const Edit<Vm>& edit = {}, const Edit<Pod>& edit_pod = {}) {
    Vm vm;
    vm.key = key_of(name);
    vm.uid = "uid-" + vm.key.name;
    vm.labels = labels({{"app", vm.key.name}});
    vm.phase = VmPhase::Running;
    vm.node = node;
    vm.vcpus = 2;
    vm.memory_bytes = 4 * kGi;
    vm.live_migratable = true;
    vm.selinux_context = "none";
    vm.created = now - hours{24 * 30};
    if (edit) edit(vm);
    Pod pod = launcher(vm, "virt-launcher-" + vm.key.name + "-0", node);
    if (edit_pod) edit_pod(pod);
    put(std::move(vm));
    put(std::move(pod));
  }

  // A launcher pod of the VM with what KubeVirt puts into each of them.
  [[nodiscard]] static Pod launcher(const Vm& vm, const std::string& name, const std::string& node) {
    Pod pod;
    pod.key = {vm.key.ns, name};
    pod.uid = "uid-" + name;
    pod.node = node;
    pod.phase = node.empty() ? PodPhase::Pending : PodPhase::Running;
    pod.requests = {{"cpu", 2000},
                    {"memory", 4 * kGi + kGi / 4},
                    {"devices.kubevirt.io/kvm", 1},
                    {"devices.kubevirt.io/tun", 1},
                    {"devices.kubevirt.io/vhost-net", 1}};
    pod.vmi_uid = vm.uid;
    pod.labels = vm.labels;
    pod.labels.set("kubevirt.io", "virt-launcher");
    pod.labels.set("kubevirt.io/created-by", vm.uid);
    Scheduling scheduling;
    scheduling.node_selector = vm.node_selector;
    scheduling.node_selector.set("kubevirt.io/schedulable", "true");
    scheduling.node_selector.set("kubernetes.io/arch", "amd64");
    pod.scheduling = std::make_shared<const Scheduling>(std::move(scheduling));
    return pod;
  }

  // A DaemonSet's pod: it takes room. Of another owner with `edit`.
  void add_pod(const std::string& name, const std::string& node, Resources requests, const Edit<Pod>& edit = {}) {
    Pod pod;
    pod.key = key_of(name);
    pod.uid = "uid-" + pod.key.name;
    pod.node = node;
    pod.phase = PodPhase::Running;
    pod.owner = PodOwner::Node;
    pod.requests = std::move(requests);
    if (edit) edit(pod);
    put(std::move(pod));
  }

  // A Pending migration of ours for policy vms/policy (uid-policy); take the label away for another mover's.
  void add_migration(const std::string& name, const std::string& vm, const std::string& target, const Edit<Migration>& edit = {}) {
    Migration migration;
    migration.key = {key_of(vm).ns, key_of(name).name};
    migration.uid = "uid-" + migration.key.name;
    migration.vm_name = key_of(vm).name;
    migration.phase = MigrationPhase::Pending;
    migration.labels = labels({{std::string(mark::kPolicyUid), "uid-policy"}});
    migration.annotations = labels({{std::string(mark::kPolicy), migration.key.ns + "/policy"},
                                    {std::string(mark::kSource), vm_ref(vm).node},
                                    {std::string(mark::kTarget), target}});
    migration.added_node_selector = labels({{"kubernetes.io/hostname", target}});
    migration.created = now;
    if (edit) edit(migration);
    put(std::move(migration));
  }

  // What act/ makes of the effect.
  void add_migration(const CreateMigration& create, const Edit<Migration>& edit = {}) {
    add_migration(create.name, to_string(create.vm), create.target, [&](Migration& m) {
      m.labels = labels({{std::string(mark::kPolicyUid), create.policy.uid}});
      m.annotations = labels({{std::string(mark::kPolicy), to_string(create.policy.key)},
                              {std::string(mark::kSource), create.source},
                              {std::string(mark::kTarget), create.target},
                              {std::string(mark::kReason), create.reason}});
      m.added_node_selector = labels({{"kubernetes.io/hostname", create.target_host}});
      if (edit) edit(m);
    });
  }

  // The migration's target pod gets its node: the target that its selector names, or `node`.
  void bind_target(const std::string& migration_name, std::string node = {}) {
    const Migration migration = migration_ref(migration_name);
    const Vm vm = vm_ref(migration.vm().ns + "/" + migration.vm_name);
    if (node.empty()) node = migration.added_node_selector.value_or("kubernetes.io/hostname", "");
    Pod pod = launcher(vm, "virt-launcher-" + vm.key.name + "-" + migration.key.name, node);
    pod.migration_uid = migration.uid;
    Scheduling scheduling = *pod.scheduling;
    for (const auto& [label, value] : migration.added_node_selector) {
      if (vm.node_selector.find(label) == nullptr) scheduling.node_selector.set(label, value);
    }
    pod.scheduling = std::make_shared<const Scheduling>(std::move(scheduling));
    put(std::move(pod));
    change_migration(migration_name, [](Migration& m) { m.phase = MigrationPhase::Scheduled; });
  }

  // The end: on success the VM runs on the target and the source pod is gone; else the target pod is gone.
  void finish(const std::string& migration_name, MigrationPhase phase = MigrationPhase::Succeeded) {
    const Migration migration = migration_ref(migration_name);
    const std::string vm_name = migration.vm().ns + "/" + migration.vm_name;
    const Vm vm = vm_ref(vm_name);
    const bool success = phase == MigrationPhase::Succeeded;
    std::string target;
    std::vector<ObjectKey> over;
    for (const ObjectKey& key : view.pods_by_vmi_uid[vm.uid]) {
      const Pod& pod = *view.pods.at(key);
      if (pod.migration_uid == migration.uid) target = pod.node;
      if ((pod.migration_uid == migration.uid) != success) over.push_back(key);
    }
    for (const ObjectKey& key : over) erase_pod(key);
    MigrationState state;
    state.migration_uid = migration.uid;
    state.source_node = vm.node;
    state.target_node = target;
    state.completed = success;
    state.failed = !success;
    state.started = migration.created;
    state.ended = now;
    change_migration(migration_name, [&](Migration& m) {
      m.phase = phase;
      m.ended = now;
      m.state = state;
    });
    change_vm(vm_name, [&](Vm& v) {
      v.migration = state;
      if (success && !target.empty()) v.node = target;
    });
  }

  // MigrationPolicy vms/NAME: Threshold, Enforce, selecting every VM of its namespace by a PromQL query.
  void add_policy(const std::string& name, const Edit<Policy>& edit = {}) {
    Policy policy;
    policy.ref = {.key = key_of(name), .uid = "uid-" + key_of(name).name};
    policy.generation = 1;
    policy.created = now - hours{1};
    policy.spec.mode = PolicyMode::Enforce;
    ThresholdSettings threshold;
    threshold.signal = PromQlSignal{.query = "load"};
    threshold.level = 0.8;
    policy.spec.settings = threshold;
    if (edit) edit(policy);
    put(std::move(policy));
  }

  void add_budget(const std::string& name, Selector selector, std::int64_t allowed) {
    auto pdb = std::make_shared<const DisruptionBudget>(DisruptionBudget{key_of(name), std::move(selector), allowed});
    view.disruption_budgets[pdb->key] = std::move(pdb);
  }

  void change_node(const std::string& name, const Edit<Node>& edit) { change(view.nodes, {"", name}, edit); }
  void change_vm(const std::string& name, const Edit<Vm>& edit) { change(view.vms, key_of(name), edit); }
  void change_pod(const std::string& name, const Edit<Pod>& edit) { change(view.pods, key_of(name), edit); }
  void change_migration(const std::string& name, const Edit<Migration>& edit) { change(view.migrations, key_of(name), edit); }
  // Policies of a namespace by "ns/name" or "name", cluster-wide ones by "/name".
  void change_policy(const std::string& name, const Edit<Policy>& edit) { change(view.policies, key_of(name), edit); }
  // The launcher pod that the VM was made with, and its demands.
  void change_launcher(const std::string& vm, const Edit<Pod>& edit) {
    change_pod(key_of(vm).ns + "/virt-launcher-" + key_of(vm).name + "-0", edit);
  }
  void change_scheduling(const std::string& vm, const Edit<Scheduling>& edit) {
    change_launcher(vm, [&](Pod& pod) {
      Scheduling scheduling = *pod.scheduling;
      edit(scheduling);
      pod.scheduling = std::make_shared<const Scheduling>(std::move(scheduling));
    });
  }

  void erase_pod(const ObjectKey& key) {
    unindex(*view.pods.at(key));
    view.pods.erase(key);
  }
  void erase_vm(const std::string& name) {
    unindex(*view.vms.at(key_of(name)));
    view.vms.erase(key_of(name));
  }
  void erase_migration(const std::string& name) {
    unindex(*view.migrations.at(key_of(name)));
    view.migrations.erase(key_of(name));
  }

  [[nodiscard]] const Node& node_ref(const std::string& name) const { return *view.nodes.at({"", name}); }
  [[nodiscard]] const Vm& vm_ref(const std::string& name) const { return *view.vms.at(key_of(name)); }
  [[nodiscard]] const Migration& migration_ref(const std::string& name) const { return *view.migrations.at(key_of(name)); }

  void put(Node node) {
    const ObjectKey key{"", node.name};
    view.nodes[key] = std::make_shared<const Node>(std::move(node));
  }
  void put(Namespace ns) {
    const ObjectKey key{"", ns.name};
    view.namespaces[key] = std::make_shared<const Namespace>(std::move(ns));
  }
  void put(Policy policy) {
    const ObjectKey key = policy.ref.key;
    view.policies[key] = std::make_shared<const Policy>(std::move(policy));
  }
  void put(Vm vm) { replace(view.vms, std::move(vm)); }
  void put(Pod pod) { replace(view.pods, std::move(pod)); }
  void put(Migration migration) { replace(view.migrations, std::move(migration)); }
  void put_claim(const std::string& name, VolumeClaim claim) { replace(view.volume_claims, key_of(name), std::move(claim)); }
  void erase_claim(const std::string& name) { erase(view.volume_claims, key_of(name)); }
  void erase_volume(const std::string& name) { erase(view.volumes, {"", name}); }
  void put_volume(const std::string& name, Volume volume) { replace(view.volumes, {"", name}, std::move(volume)); }

 private:
  template <typename T>
  void change(Table<T>& table, const ObjectKey& key, const Edit<T>& edit) {
    T value = *table.at(key);
    edit(value);
    put(std::move(value));
  }

  template <typename T>
  void replace(Table<T>& table, T value) {
    std::shared_ptr<const T>& slot = table[value.key];
    if (slot != nullptr) unindex(*slot);
    slot = std::make_shared<const T>(std::move(value));
    index(*slot);
  }
  // The same of objects that do not know their keys.
  template <typename T>
  void replace(Table<T>& table, const ObjectKey& key, T value) {
    std::shared_ptr<const T>& slot = table[key];
    if (slot != nullptr) take_out(view, key, *slot);
    slot = std::make_shared<const T>(std::move(value));
    enter(view, key, *slot);
  }

  template <typename T>
  void erase(Table<T>& table, const ObjectKey& key) {
    take_out(view, key, *table.at(key));
    table.erase(key);
  }

  void index(const auto& object) { enter(view, object.key, object); }
  void unindex(const auto& object) { take_out(view, object.key, object); }
  // One that is over is on its node no longer.
  static Pod as_indexed(Pod pod) {
    if (pod.is_over()) pod.node.clear();
    return pod;
  }
  void index(const Pod& pod) { enter(view, pod.key, as_indexed(pod)); }
  void unindex(const Pod& pod) { take_out(view, pod.key, as_indexed(pod)); }
};

}  // namespace drover::test
