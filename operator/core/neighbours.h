// The pods that share a node with a VM that goes there: those bound to it that are not over, and the VMs of the plan that are on
// their way there and whose pod is not bound yet.
#pragma once

#include "core/feasibility.h"
#include "core/plan.h"

namespace drover {

// visit(pod, vm): the VM is null but for those on their way, whose pod is the one that they run in now.
template <typename Visit>
void each_neighbour(const ClusterView& view, const Plan& plan, const ObjectKey& coming, const std::string& node, Visit&& visit) {
  if (const auto bound = view.pods_by_node.find(node); bound != view.pods_by_node.end()) {
    for (const ObjectKey& key : bound->second) {
      const auto pod = view.pods.find(key);
      if (pod != view.pods.end() && !pod->second->is_over()) visit(*pod->second, nullptr);
    }
  }
  if (plan.inbound(node) == 0) return;
  for (const auto& [key, move] : plan.all()) {
    if (move.target != node || move.room_taken || key == coming) continue;
    const Vm* arriving = view.vm(key);
    const Pod* pod = arriving == nullptr ? nullptr : active_launcher(view, *arriving);
    if (pod != nullptr) visit(*pod, arriving);
  }
}

}  // namespace drover
