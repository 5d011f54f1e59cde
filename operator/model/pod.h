// A pod, as far as the room on its node depends on it; of launcher pods also what binds their VM to nodes (corev1.Pod).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/node.h"

namespace drover {

// One term of node affinity: all expressions and fields must hold. Fields know metadata.name only, as in Kubernetes.
struct NodeSelectorTerm {
  std::vector<Requirement> expressions;
  std::vector<Requirement> fields;
  [[nodiscard]] bool matches(const Node& node) const;  // an empty term matches none (corev1)
  friend bool operator==(const NodeSelectorTerm&, const NodeSelectorTerm&) = default;
};

// A required (anti-)affinity term between pods. Empty namespaces mean the pod's own.
struct PodAffinityTerm {
  Selector selector;
  std::vector<std::string> namespaces;
  bool all_namespaces = false;  // an empty namespaceSelector selects every namespace
  bool unreadable = false;      // a namespaceSelector or matchLabelKeys that Drover does not evaluate
  std::string topology_key;
  friend bool operator==(const PodAffinityTerm&, const PodAffinityTerm&) = default;
};

// A port of its node that a pod takes for itself (containers[].ports[] with a hostPort).
struct HostPort {
  std::string ip = "0.0.0.0";  // hostIP; this one stands for every address
  std::string protocol = "TCP";
  std::int64_t port = 0;
  // Whether no node can give both.
  [[nodiscard]] bool conflicts_with(const HostPort& other) const;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// What the scheduler will ask of the node of a pod. Shared between pods that ask the same.
struct Scheduling {
  Labels node_selector;
  std::vector<NodeSelectorTerm> node_affinity;  // required; any one of the terms suffices; empty: no demand
  std::vector<PodAffinityTerm> pod_affinity;
  std::vector<PodAffinityTerm> pod_anti_affinity;
  std::vector<Toleration> tolerations;
  std::vector<HostPort> host_ports;
  bool has_hard_topology_spread = false;  // topologySpreadConstraints with DoNotSchedule
  friend bool operator==(const Scheduling&, const Scheduling&) = default;
};

// What a pod is there for, by its controller. Node: a DaemonSet's, or a static one: it is on its node because the node is there.
// Vm: a launcher, or a pod that belongs to one (a hotplugged volume's). All others are Workload, those without a controller too.
enum class PodOwner { Workload, Node, Vm };

// What runs in a pod that counts wherever it runs: the control plane or storage keep their node on; others act on nodes and pods,
// too.
enum class PodRole { Other, ControlPlane, Storage, ClusterAutoscaler, Descheduler, Kured, NodeHealthCheck };
[[nodiscard]] PodRole pod_role(PodOwner owner, bool is_static, std::string_view name, const Labels& labels);

enum class PodPhase { Pending, Running, Succeeded, Failed, Unknown };

struct Pod {
  ObjectKey key;
  std::string uid;
  std::string node;  // spec.nodeName; empty until bound
  PodPhase phase = PodPhase::Unknown;
  PodOwner owner = PodOwner::Workload;
  PodRole role = PodRole::Other;
  bool terminating = false;    // has a deletionTimestamp
  bool unschedulable = false;  // condition PodScheduled=False with reason Unschedulable
  Resources requests;          // effective: containers and init containers and overhead, as the scheduler counts
  std::string vmi_uid;         // of a launcher pod (label kubevirt.io=virt-launcher), its label kubevirt.io/created-by; else ""
  std::optional<bool>
      handler_ready;  // of KubeVirt's virt-handler (a DaemonSet's, label kubevirt.io) whether its condition Ready holds
  // Of a DaemonSet's pod without which nothing should run on its node (priority system-node-critical or higher, or of kube-system:
  // networks and volumes come by such) the DaemonSet's name; else "". And whether its condition Ready holds.
  std::string node_service;
  bool ready = false;
  std::string migration_uid;  // label kubevirt.io/migrationJobUID on the target pod of a migration
  Labels labels;              // by which other pods' (anti-)affinity selects it
  std::int64_t priority = 0;  // spec.priority
  bool bare = false;          // nobody controls it: it would not come back
  bool of_job = false;        // a Job's: it would begin again
  bool local_data = false;    // it has an emptyDir, which goes with it
  std::string holds_on;       // the annotation by which it asks not to be evicted, or ""
  // Names of the PersistentVolumeClaims of its namespace that it mounts; those of ephemeral volumes too.
  std::vector<std::string> claims;
  // Of a bound pod that is its node's (a DaemonSet's) its required anti-affinity and its host ports alone; null: none.
  std::shared_ptr<const Scheduling> scheduling;

  [[nodiscard]] bool is_launcher() const { return !vmi_uid.empty(); }
  // It runs, or will, on its node for a reason of its own, so that the node is in use.
  [[nodiscard]] bool is_workload() const { return owner == PodOwner::Workload && !is_launcher() && !is_over(); }
  // The scheduler found no node for it. A migration's target pod is not meant: it waits for the node that was named.
  [[nodiscard]] bool waits_for_a_node() const {
    return unschedulable && node.empty() && migration_uid.empty() && !terminating && !is_over();
  }
  // It is bound to a node, and keeps others away from it or from others like it.
  [[nodiscard]] bool keeps_others_away() const {
    return !node.empty() && scheduling != nullptr && !scheduling->pod_anti_affinity.empty();
  }
  // The scheduler no longer counts it, and nothing of it runs.
  [[nodiscard]] bool is_over() const { return phase == PodPhase::Succeeded || phase == PodPhase::Failed; }
  friend bool operator==(const Pod& a, const Pod& b);  // of the Scheduling by what it says, not where it is kept
};

// A PodDisruptionBudget, for the launcher pods that it selects.
struct DisruptionBudget {
  ObjectKey key;
  Selector selector;
  std::int64_t disruptions_allowed = 0;
  friend bool operator==(const DisruptionBudget&, const DisruptionBudget&) = default;
};

}  // namespace drover
