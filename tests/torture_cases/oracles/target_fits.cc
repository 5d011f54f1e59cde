// Invariant 5: no move to a node where the VM does not fit or may not run, by the world as it is when the move is decided.
#include <algorithm>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

class TargetFits : public Oracle {
 public:
  explicit TargetFits(const Ground& ground) : Oracle("TargetFits", ground) {}

  void decided(const sim::Simulation& sim, const sim::Replica& by, const Effect& effect) override {
    const auto* create = std::get_if<CreateMigration>(&effect.body);
    if (create == nullptr || create->dry_run || !up_to_date(sim, by)) return;
    const std::size_t index = sim.world().find_vm(create->vm);
    const Vm* vm = sim.api().view().vm(create->vm);
    const Node* target = sim.api().view().node(create->target);
    const std::size_t node = sim.world().find_node(create->target);
    // A VM that went with its node stays in the API server until KubeVirt gives the node up.
    if (vm == nullptr || vm->uid != create->vm_uid) return complain(sim, to_string(create->vm) + " is to move and is not there");
    if (target == nullptr || node == sim::kNone) return complain(sim, create->target + " is to receive and is not there");
    const std::string move = "VM " + to_string(create->vm) + " is to move from " + create->source + " to " + create->target + ", ";
    if (const std::string why = why_not_movable(*vm, *create); !why.empty()) complain(sim, move + why);
    if (const std::string why = why_closed(sim, *vm, *target); !why.empty()) complain(sim, move + why);
    if (index != sim::kNone) judge_room(sim, by, sim.world().nodes()[node], sim.world().vms()[index], move);
  }

 private:
  static std::string why_not_movable(const Vm& vm, const CreateMigration& create) {
    if (!vm.excluded_reason.empty()) return "and its owner keeps Drover off it";
    if (vm.phase != VmPhase::Running) return "and does not run";
    if (vm.live_migratable != true) return "and cannot be migrated";
    if (vm.node != create.source) return "and is on node " + vm.node;
    return create.source == create.target ? "where it is" : "";
  }

  static std::string why_closed(const sim::Simulation& sim, const Vm& vm, const Node& target) {
    if (!target.ready) return "which is not Ready";
    if (target.unschedulable) return "which is cordoned";
    if (target.labels.value_or(label::kSchedulable, "") != "true") return "which runs no VMs";
    for (const Taint& taint : target.taints) {
      if (taint.effect != "PreferNoSchedule") return "which has the taint " + taint.key;
    }
    for (const Policy* policy : bounds_of(sim, vm)) {
      const Targets& targets = policy->spec.targets;
      const auto zone = target.labels.value_or(label::kZone, "");
      if (!targets.zones.empty() && std::find(targets.zones.begin(), targets.zones.end(), zone) == targets.zones.end()) {
        return "whose zone " + to_string(policy->ref.key) + " does not allow";
      }
      for (const auto& [key, value] : targets.node_selector) {
        if (target.labels.value_or(key, "") != value) return "which " + to_string(policy->ref.key) + " does not allow";
      }
    }
    return "";
  }

  // With what is bound to it, and what is on its way to it without being bound yet.
  void judge_room(const sim::Simulation& sim, const sim::Replica& by, const sim::SimNode& node, const sim::SimVm& vm,
                  const std::string& move) {
    sim::Requests used{node.cpu_requested_milli, node.memory_requested};
    std::int64_t pods = node.pods;
    const auto expect = [&](const ObjectKey& key) {
      const std::size_t index = sim.world().find_vm(key);
      if (index == sim::kNone) return;
      const sim::Requests more = sim::requests_of(sim.world().group_of(sim.world().vms()[index]));
      used.cpu_milli += more.cpu_milli;
      used.memory_bytes += more.memory_bytes;
      ++pods;
    };
    for (const sim::SimMove& other : sim.world().moves()) {
      if (other.over() || other.target != sim::kNone) continue;
      const auto object = sim.api().view().migrations.find(other.key);
      if (object == sim.api().view().migrations.end()) continue;
      if (object->second->annotations.value_or(mark::kTarget, "") == node.name) expect(object->second->vm());
    }
    for (const CreateMigration* create : ground_.creates_of(by)) {
      if (create->target == node.name) expect(create->vm);
    }
    expect(vm.key);
    if (static_cast<double>(used.cpu_milli) > node.cores * 1000) complain(sim, move + "which has too little CPU left");
    if (used.memory_bytes > node.memory_bytes) complain(sim, move + "which has too little memory left");
    if (pods > node.pods_allowed) complain(sim, move + "which may run no more pods");
  }
};

}  // namespace

std::unique_ptr<Oracle> target_fits(const Ground& ground) {
  return std::make_unique<TargetFits>(ground);
}

}  // namespace drover::torture
