// Draining a node of its ordinary pods, once its VMs are gone: which of them keep it on, and which are to be evicted next. Launcher
// pods and what belongs to VMs are never evicted: VMs leave by migrations. A DaemonSet's pods and static ones stay. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/effect.h"
#include "model/cluster_view.h"

namespace drover {

// Why what is on the node, besides VMs, keeps it in service: the control plane, storage, a volume that is nowhere else, or ordinary
// pods, with the first of them. "": there are none, or all may be evicted.
[[nodiscard]] std::string why_pods_keep_on(const ClusterView& view, const std::string& node, const ConsolidationSettings& settings);

// The PodDisruptionBudgets that the pod counts against; of its namespace alone are any looked at.
[[nodiscard]] std::vector<const DisruptionBudget*> budgets_of(const ClusterView& view, const Pod& pod);

// An eviction that was asked for and of which the view does not show yet what came, or that was refused and waits for another try.
struct PendingEviction {
  EffectId id = 0;  // 0: it was answered
  std::string pod_uid;
  Instant retry_at{};
  std::string refused;  // why, or ""
};

// Of one node whose pods are being evicted.
struct Drain {
  Instant began{};
  std::map<ObjectKey, PendingEviction> evictions;  // by pod
};
using Drains = std::map<std::string, Drain>;  // by node

struct NextEvictions {
  std::vector<const Pod*> pods;
  std::string waits;  // for what, in words: the first pod that is not gone, and why
};

// Those of the lowest priority first, and the others when they are gone; of a PodDisruptionBudget's one at a time, on whatever
// node, and none while it allows no disruption. `drains`: what is under way everywhere.
[[nodiscard]] NextEvictions next_evictions(const ClusterView& view, const std::string& node, const Drains& drains, Instant now);

}  // namespace drover
