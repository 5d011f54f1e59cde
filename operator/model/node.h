// A node, as far as placing virtual machines depends on it (corev1.Node).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/node_marks.h"
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

struct Node {
  std::string name;
  std::string uid;
  Labels labels;
  std::vector<Taint> taints;
  bool unschedulable = false;   // spec.unschedulable: cordoned
  bool ready = false;           // condition Ready is True
  Resources allocatable;        // status.allocatable
  std::string system_uuid;      // status.nodeInfo.systemUUID, by which a management controller knows the machine
  std::string provider_id;      // spec.providerID
  Labels annotations;           // those by which power drivers find the machine: is_of_a_driver()
  std::string kubelet_version;  // status.nodeInfo.kubeletVersion
  NodeMarks marks;
  NodeRecord record;
  std::optional<NodeWish> wish;
  bool lost = false;  // condition Ready is Unknown: its lease has not been renewed for the node controller's grace period
  std::optional<Instant> ready_since;  // when that became so

  // By which a pod's selector names it: label kubernetes.io/hostname, or its name.
  [[nodiscard]] std::string hostname() const;
  friend bool operator==(const Node&, const Node&) = default;
};

// Whether a taint tells of the node's condition, which passes: Kubernetes' own, those of networks that are not up yet, and the one
// by which earlier versions of Drover marked nodes at rest.
[[nodiscard]] bool is_condition(const Taint& taint);

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

}  // namespace drover
