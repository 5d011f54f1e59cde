#include "model/kind.h"

namespace drover {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::Node: return "nodes";
    case Kind::Pod: return "pods";
    case Kind::Namespace: return "namespaces";
    case Kind::DisruptionBudget: return "poddisruptionbudgets.policy";
    case Kind::Vm: return "virtualmachineinstances.kubevirt.io";
    case Kind::Migration: return "virtualmachineinstancemigrations.kubevirt.io";
    case Kind::KubeVirt: return "kubevirts.kubevirt.io";
    case Kind::KubeVirtPolicy: return "migrationpolicies.migrations.kubevirt.io";
    case Kind::Policy: return "migrationpolicies.policy.drover.dev";
    case Kind::ClusterPolicy: return "clustermigrationpolicies.policy.drover.dev";
    case Kind::PowerProfile: return "powerprofiles.policy.drover.dev";
    case Kind::VolumeClaim: return "persistentvolumeclaims";
    case Kind::Volume: return "persistentvolumes";
    case Kind::CsiNode: return "csinodes.storage.k8s.io";
    case Kind::NodeLease: return "leases.coordination.k8s.io";
  }
  return "objects";
}

}  // namespace drover
