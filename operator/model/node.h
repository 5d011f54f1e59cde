// A node, as far as placing virtual machines depends on it (corev1.Node).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/object.h"

namespace drover {

struct Taint {
  std::string key;
  std::string value;
  std::string effect;  // NoSchedule, PreferNoSchedule, NoExecute
  friend bool operator==(const Taint&, const Taint&) = default;
};

struct Toleration {
  std::string key;  // empty with op Exists: every taint
  std::string op;   // Equal (the default when empty) or Exists
  std::string value;
  std::string effect;  // empty: every effect
  [[nodiscard]] bool tolerates(const Taint& taint) const;
  friend bool operator==(const Toleration&, const Toleration&) = default;
};

// Amounts by resource name. cpu is in thousandths of a core (millicores); everything else in whole units (bytes, counts).
using Resources = std::map<std::string, std::int64_t, std::less<>>;
inline constexpr std::string_view kCpu = "cpu";
inline constexpr std::string_view kMemory = "memory";
[[nodiscard]] std::int64_t amount(const Resources& resources, std::string_view name);  // 0 when absent
void add(Resources& to, const Resources& what);
void subtract(Resources& from, const Resources& what);

// Where a node stands in its life (design: node life). Drover writes it on the Node, so that a crash at any point resumes or
// undoes.
enum class NodeLife { Active, Retiring, Draining, Empty, PoweringOff, Asleep, Waking, Quarantined };
[[nodiscard]] std::string_view to_string(NodeLife life);
[[nodiscard]] std::optional<NodeLife> node_life(std::string_view name);

// What Drover wrote on a node (annotations of the prefix drover.dev/, and a cordon). A node without marks is Active.
struct NodeMarks {
  NodeLife life = NodeLife::Active;
  Instant since{};
  std::string policy_uid;  // whose it is
  std::string reason;
  bool cordoned = false;  // spec.unschedulable is Drover's doing
  friend bool operator==(const NodeMarks&, const NodeMarks&) = default;
};

struct Node {
  std::string name;
  std::string uid;
  Labels labels;
  std::vector<Taint> taints;
  bool unschedulable = false;  // spec.unschedulable: cordoned
  bool ready = false;          // condition Ready is True
  Resources allocatable;       // status.allocatable
  std::string system_uuid;     // status.nodeInfo.systemUUID, by which a management controller knows the machine
  std::string provider_id;     // spec.providerID
  Labels annotations;          // those by which power drivers find the machine: is_of_a_driver()
  NodeMarks marks;
  std::optional<Instant> ready_since;  // when that became so

  // By which a pod's selector names it: label kubernetes.io/hostname, or its name.
  [[nodiscard]] std::string hostname() const;
  friend bool operator==(const Node&, const Node&) = default;
};

// Writes where the node stands in its life: marks, and the cordon as far as it is Drover's. A cordon and no taint of Drover's own,
// because every DaemonSet's pods tolerate it: virt-handler comes back on such a node. An Active life leaves none of them. Another's
// cordon stays, and stays theirs: what is then in node.marks differs from what was asked for.
void write_marks(Node& node, const NodeMarks& marks);

// Whether it bears the taint by which earlier versions marked nodes at rest. write_marks() takes it off.
[[nodiscard]] bool has_old_taint(const Node& node);

// Labels that KubeVirt and the scheduler look at.
namespace label {
inline constexpr std::string_view kHostname = "kubernetes.io/hostname";
inline constexpr std::string_view kZone = "topology.kubernetes.io/zone";
inline constexpr std::string_view kSchedulable = "kubevirt.io/schedulable";
inline constexpr std::string_view kHostModelPrefix = "host-model-cpu.node.kubevirt.io/";
inline constexpr std::string_view kModelMigrationPrefix = "cpu-model-migration.node.kubevirt.io/";
inline constexpr std::string_view kRequiredFeaturePrefix = "host-model-required-features.node.kubevirt.io/";
inline constexpr std::string_view kFeaturePrefix = "cpu-feature.node.kubevirt.io/";
inline constexpr std::string_view kVendorPrefix = "cpu-vendor.node.kubevirt.io/";
}  // namespace label

// Whether power drivers look at an annotation: Metal3's and Cluster API's, those of Drover's that people write, and whatever has
// "mac" in its name.
[[nodiscard]] bool is_of_a_driver(std::string_view annotation);

// Annotations that people write on nodes.
namespace node_wish {
inline constexpr std::string_view kBmcAddress = "drover.dev/bmc-address";  // of its management controller, before its profile's
inline constexpr std::string_view kBareMetalHost = "drover.dev/bare-metal-host";  // "NAMESPACE/NAME": Metal3's, on which it runs
}  // namespace node_wish

// Annotations that Drover writes on nodes; they are its memory across restarts.
namespace node_mark {
inline constexpr std::string_view kLife = "drover.dev/node-life";             // "Retiring"
inline constexpr std::string_view kSince = "drover.dev/node-life-since";      // RFC 3339
inline constexpr std::string_view kPolicyUid = "drover.dev/node-policy-uid";  // of the ClusterMigrationPolicy
inline constexpr std::string_view kReason = "drover.dev/node-reason";         // one sentence
inline constexpr std::string_view kCordoned = "drover.dev/cordoned";          // "true": spec.unschedulable is Drover's doing
inline constexpr std::string_view kOldTaint = "drover.dev/retiring";          // taint of earlier versions
}  // namespace node_mark

}  // namespace drover
