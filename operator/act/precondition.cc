#include "act/precondition.h"

namespace drover {
namespace {

Error conflict(std::string message) {
  return {ErrorClass::Conflict, std::move(message), 409};
}

// What every effect on a node supposes.
Status is_that_node(const std::string& name, const std::string& uid, const Node* node) {
  if (node == nullptr) return conflict("node " + name + " is gone");
  if (node->uid != uid) return conflict("node " + name + " was replaced by another of its name");
  return ok();
}

Error is_now(const Node& node, NodeLife supposed) {
  return conflict("node " + node.name + " is " + std::string(to_string(node.marks.life)) + " now, not " +
                  std::string(to_string(supposed)));
}

}  // namespace

Status still_holds(const CreateMigration& effect, const Vm* vm) {
  const std::string name = to_string(effect.vm);
  if (vm == nullptr) return conflict("VM " + name + " is gone");
  if (vm->uid != effect.vm_uid) return conflict("VM " + name + " was replaced by another of its name");
  if (vm->terminating) return conflict("VM " + name + " is being deleted");
  if (vm->phase != VmPhase::Running) return conflict("VM " + name + " no longer runs");
  if (vm->node != effect.source) return conflict("VM " + name + " is on node " + vm->node + " now, not on " + effect.source);
  if (!vm->evacuation_node.empty() && vm->evacuation_node == vm->node) {
    return conflict("VM " + name + " is being evacuated from node " + vm->node);
  }
  return ok();
}

Result<std::string> same_move(const CreateMigration& effect, const Migration& there) {
  const bool same = there.vm() == effect.vm && there.labels.value_or(mark::kPolicyUid, "") == effect.policy.uid &&
                    there.annotations.value_or(mark::kTarget, "") == effect.target;
  if (!same) return conflict("another migration is named " + to_string(there.key));
  return there.uid;
}

bool is_marked(const MarkNode& effect, const Node& node) {
  return node.uid == effect.node_uid && node.marks.life == effect.marks.life && node.marks.policy_uid == effect.marks.policy_uid &&
         !has_old_taint(node) && (node.unschedulable || !effect.marks.cordoned);
}

Status still_holds(const MarkNode& effect, const Node* node) {
  if (auto there = is_that_node(effect.node, effect.node_uid, node); !there) return there;
  if (node->marks.life != effect.before) return is_now(*node, effect.before);
  if (effect.marks.life == NodeLife::Asleep && node->ready) return conflict("node " + effect.node + " is Ready again");
  return ok();
}

Status still_holds(const EvictPod& effect, const Node* node) {
  if (auto there = is_that_node(effect.node, effect.node_uid, node); !there) return there;
  if (node->marks.life != NodeLife::Draining) return is_now(*node, NodeLife::Draining);
  return node->unschedulable ? ok() : Status(conflict("node " + effect.node + " is not cordoned"));
}

Status may_be_evicted(const EvictPod& effect, const Pod& pod) {
  if (pod.node != effect.node) return conflict("pod " + to_string(pod.key) + " is not on node " + effect.node);
  if (!pod.is_workload()) return conflict("pod " + to_string(pod.key) + " is no pod that is evicted");
  return ok();
}

Status still_holds(const SwitchPower& effect, const Node* node) {
  if (auto there = is_that_node(effect.node, effect.node_uid, node); !there || effect.request == PowerRequest::On) return there;
  if (node->marks.life != NodeLife::PoweringOff) return is_now(*node, NodeLife::PoweringOff);
  return ok();
}

Status carries_nothing(const SwitchPower& effect, const std::vector<const Pod*>& pods) {
  for (const Pod* pod : pods) {
    if ((pod->is_launcher() && !pod->is_over()) || pod->is_workload())
      return conflict("pod " + to_string(pod->key) + " is on node " + effect.node);
  }
  return ok();
}

}  // namespace drover
