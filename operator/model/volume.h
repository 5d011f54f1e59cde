// Volumes as far as they bind pods to nodes (corev1.PersistentVolumeClaim, corev1.PersistentVolume, storage/v1 CSINode).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/pod.h"

namespace drover {

struct VolumeClaim {
  // Bound as the scheduler sees it: with a volumeName and the annotation pv.kubernetes.io/bind-completed.
  enum class State { Bound, Unbound, Lost, Deleting };
  std::string volume;  // spec.volumeName; empty until there is one
  State state = State::Unbound;
  friend bool operator==(const VolumeClaim&, const VolumeClaim&) = default;
};

// What volumes of one kind and place have in common. Shared between them.
struct VolumeTraits {
  // spec.nodeAffinity.required: any one of the terms suffices; none at all matches no node. Absent: no demand.
  std::optional<std::vector<NodeSelectorTerm>> node_affinity;
  std::vector<Requirement> zones;                            // labels of zone and region, each as In of its values
  std::string csi_driver;                                    // "" of others
  [[nodiscard]] bool reaches(const Node& node) const;        // by its node affinity
  [[nodiscard]] bool is_in_zone_of(const Node& node) const;  // a node without any such label is in every zone
  friend bool operator==(const VolumeTraits&, const VolumeTraits&) = default;
};

struct Volume {
  std::shared_ptr<const VolumeTraits> traits;                // null: none
  std::uint64_t handle = 0;                                  // hash of spec.csi.volumeHandle: which of the driver's volumes it is
  friend bool operator==(const Volume& a, const Volume& b);  // of the traits by what they say
};

// Which CSI drivers have registered on the node (spec.drivers), and how many volumes of each it attaches at most
// (spec.drivers[].allocatable.count); a driver without has no limit.
struct CsiNode {
  std::map<std::string, std::int64_t> limits;
  std::set<std::string> drivers{};
  friend bool operator==(const CsiNode&, const CsiNode&) = default;
};

// Which of them are known. A list that may not be read is unknown, not empty: nothing is judged by it.
struct KnownVolumes {
  bool claims = false;
  bool volumes = false;
  bool csi_nodes = false;
  friend bool operator==(const KnownVolumes&, const KnownVolumes&) = default;
};

}  // namespace drover
