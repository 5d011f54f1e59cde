#include "core/hands.h"

namespace drover {
namespace {

constexpr std::string_view kHandsOff = "drover.dev/hands-off";
// Keys, and beginnings of keys, of taints by which others say that the node is in their hands.
constexpr std::string_view kTheirTaints[] = {
    "medik8s.io/drain",         // node-maintenance-operator
    "remediation.medik8s.io/",  // fence-agents and self-node remediation
    "kubevirt.io/drain",        // KubeVirt moves every VM off such a node
    "ToBeDeletedByClusterAutoscaler",
    "DeletionCandidateOfClusterAutoscaler",
    "karpenter.sh/disrupted",
};

}  // namespace

std::string held_by_others(const Node& node) {
  if (node.labels.find(kHandsOff) != nullptr) return "its label " + std::string(kHandsOff) + " says that it is being worked on";
  for (const Taint& taint : node.taints) {
    for (const auto theirs : kTheirTaints) {
      if (taint.key.starts_with(theirs)) return "its taint " + taint.key + " says that it is in other hands";
    }
  }
  return {};
}

std::string leased_to_others(const ClusterView& view, const Node& node, Instant now, std::optional<Instant>& due) {
  const auto lease = view.node_leases.find({std::string(kNodeLeases), "node-" + node.name});
  if (lease == view.node_leases.end() || !lease->second->is_held(now)) return {};
  due = lease->second->until;
  return "its lease " + to_string(lease->first) + " is held by " + lease->second->holder;
}

std::string kept_by_wish(const Node& node, Instant now) {
  if (!node.wish || !node.wish->holds(NodeWish::Act::Wake, now)) return {};
  const std::string until = node.wish->until ? " until " + to_rfc3339(*node.wish->until) : "";
  return "a person wishes it in service" + until + " (annotation " + std::string(node_wish::kWish) + ")";
}

bool is_uncordoned_by_hand(const Node& node) {
  if (node.unschedulable || has_old_taint(node)) return false;  // marks of earlier versions came without a cordon
  switch (node.marks.life) {
    case NodeLife::Active:
    case NodeLife::Waking: return false;                     // it comes back as it is
    case NodeLife::Quarantined: return node.marks.cordoned;  // as Drover wrote it, not another version
    default: return true;
  }
}

}  // namespace drover
