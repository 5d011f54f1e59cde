// Whether a VM may move at all, and whether a node can take it, as KubeVirt and the scheduler will see it.
//
// Sources: KubeVirt v1.8 migration controller (createTargetPod: selectors, CPU model and vendor labels, anti-affinity by
// created-by), kube-scheduler's filters NodeName, NodeUnschedulable, TaintToleration, NodeAffinity, NodeResourcesFit,
// InterPodAffinity. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/decision.h"
#include "core/plan.h"
#include "model/cluster_view.h"

namespace drover {

// Why a VM cannot be moved now by anyone, or empty. Checks Excluded .. HeldByOther of Reason, in that order; `message` is one
// sentence for its owner ("immovable because ..."). The plan names the moves in flight: one of ours gives Moving.
struct Immovable {
  Reason reason;
  std::string message;
};
[[nodiscard]] std::optional<Immovable> why_immovable(const ClusterView& view, const Vm& vm, const Plan& plan);

// The pod that the VM runs in now (its node is the VM's, and it is not over), or null when there is none or not exactly one
// active launcher pod outside of a migration.
[[nodiscard]] const Pod* active_launcher(const ClusterView& view, const Vm& vm);

// Everything that keeps the VM from `node`, as the scheduler and KubeVirt would judge it with the moves of the plan under way;
// empty: it can go there. The source node is never feasible. `allowed` are the targets of the policies that select the VM: all
// must agree.
[[nodiscard]] std::vector<std::string> obstacles(const ClusterView& view, const Vm& vm, const Node& node, const Plan& plan,
                                                 const std::vector<const Targets*>& allowed);

}  // namespace drover
