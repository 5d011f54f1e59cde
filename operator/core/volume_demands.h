// What the volumes of a VM ask of its node, as kube-scheduler's filters VolumeZone, VolumeBinding (of claims that are bound) and
// NodeVolumeLimits judge a new pod of it.
//
// Looked at are the claims of its launcher pod and those of the VM itself: a hot-plugged volume comes in a pod of its own, which
// must follow. What may not be read (ClusterView::known_volumes) is unknown and keeps it from no node, as if Drover did not look at
// volumes. Not looked at: volumes that are attached to a node on which no pod names them any more or yet (VolumeAttachment).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/plan.h"
#include "model/cluster_view.h"

namespace drover {

class VolumeDemands {
 public:
  // `launcher` is the pod that the VM runs in now. Keeps references to view, VM and plan.
  VolumeDemands(const ClusterView& view, const Vm& vm, const Pod& launcher, const Plan& plan);

  // Appends a part of a sentence for each claim that no pod can use now, and for each volume that the node cannot reach.
  void judge_reach(const Node& node, std::vector<std::string>& obstacles) const;
  // Appends a part of a sentence for each driver of whose volumes the node can attach no more.
  void judge_limits(const Node& node, std::vector<std::string>& obstacles) const;

  // What judge_reach() follows from.
  [[nodiscard]] bool any_unusable() const { return !unusable_.empty(); }
  [[nodiscard]] std::set<const VolumeTraits*> traits() const;

 private:
  struct Found {
    std::string text;  // "volume pvc-1 of claim data"
    const VolumeTraits* traits;
  };
  using Handles = std::set<std::uint64_t>;

  void look_up(const std::string& claim);
  [[nodiscard]] Handles attached(const Node& node, const std::string& driver) const;

  const ClusterView& view_;
  const Vm& vm_;
  const Plan& plan_;
  std::vector<std::string> unusable_;
  std::vector<Found> bound_;
  std::map<std::string, Handles> handles_;  // by CSI driver
};

}  // namespace drover
