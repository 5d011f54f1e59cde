// The kinds of object that Drover watches, and one object of any of them.
#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <variant>

#include "model/cluster_view.h"

namespace drover {

enum class Kind {
  Node,              // core/v1
  Pod,               // core/v1
  Namespace,         // core/v1
  DisruptionBudget,  // policy/v1
  Vm,                // kubevirt.io/v1 VirtualMachineInstance
  Migration,         // kubevirt.io/v1 VirtualMachineInstanceMigration
  KubeVirt,          // kubevirt.io/v1
  KubeVirtPolicy,    // migrations.kubevirt.io/v1alpha1 MigrationPolicy
  Policy,            // policy.drover.dev/v1alpha1 MigrationPolicy
  ClusterPolicy,     // policy.drover.dev/v1alpha1 ClusterMigrationPolicy
  PowerProfile,      // policy.drover.dev/v1alpha1
  VolumeClaim,       // core/v1 PersistentVolumeClaim
  Volume,            // core/v1 PersistentVolume
  CsiNode,           // storage.k8s.io/v1 CSINode
  NodeLease,         // coordination.k8s.io/v1 Lease, of one namespace (model/node_lease.h)
};
inline constexpr std::array kAllKinds = {Kind::Node,   Kind::Pod,           Kind::Namespace,    Kind::DisruptionBudget,
                                         Kind::Vm,     Kind::Migration,     Kind::KubeVirt,     Kind::KubeVirtPolicy,
                                         Kind::Policy, Kind::ClusterPolicy, Kind::PowerProfile, Kind::VolumeClaim,
                                         Kind::Volume, Kind::CsiNode,       Kind::NodeLease};

// The plural resource name with its group, for people: "virtualmachineinstances.kubevirt.io".
[[nodiscard]] std::string_view to_string(Kind kind);

// Whether Drover acts without it where it may not be read: what the kind tells is then unknown (model/volume.h).
[[nodiscard]] constexpr bool may_stay_unknown(Kind kind) {
  return kind == Kind::VolumeClaim || kind == Kind::Volume || kind == Kind::CsiNode || kind == Kind::NodeLease;
}

// A decoded object. `key` is filled from the metadata for every kind; the alternative of `value` follows from the kind.
struct Object {
  ObjectKey key;
  std::variant<std::shared_ptr<const Node>, std::shared_ptr<const Pod>, std::shared_ptr<const Namespace>,
               std::shared_ptr<const DisruptionBudget>, std::shared_ptr<const Vm>, std::shared_ptr<const Migration>,
               std::shared_ptr<const KubeVirt>, std::shared_ptr<const KubeVirtMigrationPolicy>, std::shared_ptr<const Policy>,
               std::shared_ptr<const PowerProfile>, std::shared_ptr<const VolumeClaim>, std::shared_ptr<const Volume>,
               std::shared_ptr<const CsiNode>, std::shared_ptr<const NodeLease>>
      value;
};

}  // namespace drover
