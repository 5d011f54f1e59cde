// ClusterView: what Drover knows of the cluster at one moment, as the decisions see it. Decisions take it by const reference
// and cannot change it; reflect::Store is its only writer.
//
// Iteration is by key, so the same cluster always gives the same order.
//
// Thread safety: none; the loop thread owns it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/kubevirt.h"
#include "model/migration.h"
#include "model/node.h"
#include "model/node_lease.h"
#include "model/platform.h"
#include "model/pod.h"
#include "model/policy.h"
#include "model/power.h"
#include "model/recent_changes.h"
#include "model/time_zone.h"
#include "model/vm.h"
#include "model/volume.h"

namespace drover {

// Objects are immutable once in a table; an update replaces the pointer.
template <typename T>
using Table = std::map<ObjectKey, std::shared_ptr<const T>>;

// What pods request of CPU and memory together, and how many they are.
struct PodsTotal {
  std::int64_t pods = 0;
  std::int64_t cpu_milli = 0;
  std::int64_t memory_bytes = 0;
  friend bool operator==(const PodsTotal&, const PodsTotal&) = default;
};

// What is bound to a node.
struct NodePods {
  PodsTotal all;          // that are not over, those that belong to the node among them
  PodsTotal launchers;    // that are not over
  PodsTotal workloads;    // Pod::is_workload
  int control_plane = 0;  // pods of those roles
  int storage = 0;
  friend bool operator==(const NodePods&, const NodePods&) = default;
};

// KubeVirt's virt-handlers on a node: one, or two while it is being replaced.
struct NodeHandlers {
  int pods = 0;
  int ready = 0;
  friend bool operator==(const NodeHandlers&, const NodeHandlers&) = default;
};

struct Namespace {
  std::string name;
  Labels labels;
  friend bool operator==(const Namespace&, const Namespace&) = default;
};

struct ClusterView {
  Table<Node> nodes;  // key: {"", name}
  Table<Vm> vms;
  Table<Migration> migrations;
  Table<Pod> pods;  // all pods that are not over
  Table<DisruptionBudget> disruption_budgets;
  Table<Namespace> namespaces;                       // key: {"", name}
  Table<KubeVirtMigrationPolicy> kubevirt_policies;  // key: {"", name}
  Table<Policy> policies;                            // key: the policy's; ClusterMigrationPolicies have an empty namespace
  Table<PowerProfile> power_profiles;                // key: {"", name}
  Table<VolumeClaim> volume_claims;
  Table<Volume> volumes;     // key: {"", name}
  Table<CsiNode> csi_nodes;  // key: {"", the node's name}
  Table<NodeLease> node_leases;
  KnownVolumes known_volumes;
  KubeVirt kubevirt;
  Platform platform;                           // as the KubeVirt object makes it
  MigrationLimits limits;                      // likewise
  std::map<std::string, TimeZone> time_zones;  // those that the policies name

  // Indexes, kept by the same writer.
  std::map<std::string, std::set<ObjectKey>> vms_by_node;
  std::map<std::string, std::set<ObjectKey>> pods_by_node;
  std::map<std::string, std::set<ObjectKey>> pods_by_vmi_uid;
  std::set<ObjectKey> pods_with_anti_affinity;  // bound pods that keep others away
  std::map<ObjectKey, std::set<ObjectKey>> migrations_by_vm;
  std::map<std::string, Resources> requests_by_node;  // of the pods bound to it that are not over
  std::map<std::string, std::size_t> claims_by_node;  // how many claims those pods name, each as often as it is named
  std::map<std::string, NodePods> totals_by_node;     // of nodes that have pods
  std::map<std::string, NodeHandlers> handlers_by_node;
  std::map<PodRole, int> neighbours;                           // pods that are there of who else acts on nodes and pods
  std::map<std::string, std::set<ObjectKey>> volumes_by_node;  // those that only that node reaches, by its hostname

  // By the same writer too: which keys were put into a table, or taken out of it.
  struct {
    RecentChanges vms, pods, migrations, volume_claims, volumes;
  } changes;

  [[nodiscard]] const Node* node(const std::string& name) const;
  [[nodiscard]] const Vm* vm(const ObjectKey& key) const;
  // No virt-handler on the node is Ready: no copy would begin or arrive. KubeVirt's own label tells of it five minutes later. Where
  // no node has one nothing is known.
  [[nodiscard]] bool handler_is_ill(const std::string& node) const;
  [[nodiscard]] const Policy* policy(const PolicyRef& ref) const;  // null when it is gone or another object has its name
  // The PowerProfile that is the node's, or null.
  [[nodiscard]] const PowerProfile* power_profile(const Node& node) const;
  // Of that profile, or the default model (half of the maximum when idle).
  [[nodiscard]] PowerModel power_model(const Node& node) const;
  // Of that profile; empty: the node is never switched off.
  [[nodiscard]] std::optional<NodeDriver> power_driver(const Node& node) const;
  // The migrations of a VM, newest first (by creation, then name).
  [[nodiscard]] std::vector<const Migration*> migrations_of(const ObjectKey& vm) const;
};

}  // namespace drover
