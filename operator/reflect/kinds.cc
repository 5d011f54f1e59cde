#include "reflect/kinds.h"

namespace drover::reflect {

const ResourceType& resource_type(Kind kind) {
  switch (kind) {
    case Kind::Node: return resource::kNodes;
    case Kind::Pod: return resource::kPods;
    case Kind::Namespace: return resource::kNamespaces;
    case Kind::DisruptionBudget: return resource::kDisruptionBudgets;
    case Kind::Vm: return resource::kVmis;
    case Kind::Migration: return resource::kMigrations;
    case Kind::KubeVirt: return resource::kKubeVirts;
    case Kind::KubeVirtPolicy: return resource::kKubeVirtPolicies;
    case Kind::Policy: return resource::kPolicies;
    case Kind::ClusterPolicy: return resource::kClusterPolicies;
    case Kind::PowerProfile: return resource::kPowerProfiles;
    case Kind::VolumeClaim: return resource::kVolumeClaims;
    case Kind::Volume: return resource::kVolumes;
    case Kind::CsiNode: return resource::kCsiNodes;
    case Kind::NodeLease: return resource::kLeases;
  }
  DROVER_CHECK(false);
}

}  // namespace drover::reflect
