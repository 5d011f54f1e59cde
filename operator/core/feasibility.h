// Whether a VM may move at all, and whether a node can take it, as KubeVirt and the scheduler will see it.
//
// Sources: KubeVirt v1.8 migration controller (createTargetPod: selectors, CPU model and vendor labels, anti-affinity by
// created-by), kube-scheduler's filters NodeName, NodeUnschedulable, TaintToleration, NodeAffinity, NodePorts, NodeResourcesFit,
// InterPodAffinity, VolumeZone, VolumeBinding (of bound claims), NodeVolumeLimits. Pure functions.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/plan.h"
#include "core/pod_affinity.h"
#include "core/volume_demands.h"
#include "model/cluster_view.h"
#include "model/decision.h"

namespace drover {

// Why a VM cannot be moved now by anyone, or empty. `message` is for its owner and reads "immovable because ...". The plan names
// the moves in flight: one of ours gives Moving before anything else is asked; otherwise Excluded .. HeldByOther of Reason are
// checked, in that order. The VM's evictionStrategy says what a drain does to it and plays no part.
struct Immovable {
  Reason reason;
  std::string message;
};
[[nodiscard]] std::optional<Immovable> why_immovable(const ClusterView& view, const Vm& vm, const Plan& plan);

// Why nothing on the node would begin a copy of a VM that runs there, as "no virt-handler is Ready on node n1, ...", or "".
[[nodiscard]] std::string why_no_copy_begins(const ClusterView& view, const Node& source);

// The pod that the VM runs in now (its node is the VM's, and it is not over), or null when there is none or not exactly one
// active launcher pod outside of a migration.
[[nodiscard]] const Pod* active_launcher(const ClusterView& view, const Vm& vm);

// A PodDisruptionBudget that allows no disruption of that pod now, or null.
[[nodiscard]] const DisruptionBudget* exhausted_budget(const ClusterView& view, const Vm& vm);

// What keeps one VM from nodes, as the scheduler and KubeVirt would judge its next launcher pod with the moves of the plan under
// way. What depends on the VM alone is worked out once, so that asking for a thousand nodes is cheap. Keeps references to its
// arguments.
//
// The target pod is rendered from the VMI, not copied from the pod that the VM runs in now; that pod stands for it here, without
// what an earlier migration's addedNodeSelector put there. The VM's own demands win over a migration's (KubeVirt MC
// createTargetPod). Stricter than the scheduler where that avoids a move in vain or a surprise: cordoned and unready nodes are out
// whatever is tolerated, and hard topology spread constraints, which Drover does not evaluate, rule every node out.
class Feasibility {
 public:
  Feasibility(const ClusterView& view, const Vm& vm, const Plan& plan, std::vector<const Targets*> allowed);

  // Empty: it can go there. The source node is never feasible. `allowed` are the targets of the policies that select the VM: all
  // must agree. Each obstacle is one part of a sentence, with figures.
  [[nodiscard]] std::vector<std::string> obstacles(const Node& node) const;

  // Whether it could run there if the node were on, ready, empty and not retiring: what will not change by itself. Of a VM that
  // waits for a node only the node selector of its pod is looked at.
  [[nodiscard]] bool may_run(const Node& node) const;

  using Demands = std::map<std::string, std::string, std::less<>>;
  // Where may_run() follows from no more than this, VMs of which it is the same may run on the same nodes; else nothing.
  struct Asks {
    const Scheduling* scheduling = nullptr;  // null: it may run nowhere
    std::vector<const Targets*> targets;
    Demands labels;
    std::set<const VolumeTraits*> volumes;
    friend auto operator<=>(const Asks&, const Asks&) = default;
  };
  [[nodiscard]] std::optional<Asks> asks() const;

 private:
  void gather_demands();
  void gather_cpu_demands();
  void judge_node(const Node& node, std::vector<std::string>& found) const;
  [[nodiscard]] bool is_tolerated(const Taint& taint) const;
  [[nodiscard]] bool may_start(const Node& node) const;
  void judge_labels(const Node& node, std::vector<std::string>& found) const;
  void judge_room(const Node& node, std::vector<std::string>& found) const;
  void judge_ports(const Node& node, std::vector<std::string>& found) const;

  const ClusterView& view_;
  const Vm& vm_;
  const Plan& plan_;
  std::vector<const Targets*> allowed_;
  const Pod* launcher_ = nullptr;  // null: nothing is feasible
  const Scheduling* scheduling_ = nullptr;
  Demands demands_;            // labels that the node must have, with their values
  std::string no_target_pod_;  // why KubeVirt would create no target pod at all, or ""
  std::optional<PodAffinity> pod_affinity_;
  std::optional<VolumeDemands> volumes_;
};

// The same for a single node.
[[nodiscard]] std::vector<std::string> obstacles(const ClusterView& view, const Vm& vm, const Node& node, const Plan& plan,
                                                 const std::vector<const Targets*>& allowed);

}  // namespace drover
