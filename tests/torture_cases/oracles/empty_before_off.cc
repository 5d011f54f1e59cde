// Invariant 1: a node with a VM on it is never powered off.
#include <algorithm>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

class EmptyBeforeOff : public Oracle {
 public:
  explicit EmptyBeforeOff(const Ground& ground) : Oracle("EmptyBeforeOff", ground) {}

  // The machine's own driver would refuse; Drover must not even ask, unless the VM is news to it.
  void decided(const sim::Simulation& sim, const sim::Replica& by, const Effect& effect) override {
    const auto* power = std::get_if<SwitchPower>(&effect.body);
    if (power == nullptr || power->request == PowerRequest::On) return;
    const std::size_t node = sim.world().find_node(power->node);
    if (node == sim::kNone) return complain(sim, "it switches off " + power->node + ", which is not there");
    const auto& vms = sim.world().nodes()[node].vms;
    if (vms.empty() || !up_to_date(sim, by)) return;
    complain(sim, "replica " + std::to_string(by.number()) + " switches off node " + power->node + ", where VM " +
                      to_string(sim.world().vms()[*vms.begin()].key) + " runs, as it could see");
  }

  // A machine that goes down on an order takes no VM with it, however late it obeys.
  void after_event(const sim::Simulation& sim) override {
    const std::size_t lost = sim.world().counts().vms_lost;
    if (lost == lost_) return;
    lost_ = lost;
    const auto& nodes = sim.world().nodes();
    const auto down = std::find_if(nodes.begin(), nodes.end(), [&](const sim::SimNode& node) {
      return node.state == PowerState::ShuttingDown && node.since == sim.now();
    });
    if (down != nodes.end()) complain(sim, "node " + down->name + " was powered off with a VM on it");
  }

 private:
  std::size_t lost_ = 0;
};

}  // namespace

std::unique_ptr<Oracle> empty_before_off(const Ground& ground) {
  return std::make_unique<EmptyBeforeOff>(ground);
}

}  // namespace drover::torture
