// Nothing is lost: a VM goes only because it ended or its node died, and one that arrives gets a node within the time that waking
// one may take, if there is one that can be woken or taken back.
#include <algorithm>
#include <map>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

// Two tries of waking a node (15 min each), and what faults may take besides.
constexpr Duration kWaits = minutes{75};
constexpr Duration kBetweenLooks = minutes{1};

class NothingLost : public Oracle {
 public:
  explicit NothingLost(const Ground& ground) : Oracle("NothingLost", ground) {}

  void after_event(const sim::Simulation& sim) override {
    if (sim.now() < next_) return;
    next_ = sim.now() + kBetweenLooks;
    const auto& vms = sim.world().vms();
    for (; first_ < vms.size() && vms[first_].state == sim::VmState::Ended; ++first_) {
    }
    for (std::size_t i = first_; i < vms.size(); ++i) judge(sim, i);
  }

 private:
  void judge(const sim::Simulation& sim, std::size_t index) {
    const sim::SimVm& vm = sim.world().vms()[index];
    const bool blocked = vm.state == sim::VmState::Pending && room_rests(sim, vm);
    if (!blocked) {
      waits_since_.erase(index);
      return;
    }
    const auto [since, is_new] = waits_since_.try_emplace(index, sim.now());
    if (sim.now() - since->second <= kWaits) return;
    complain(sim, "VM " + to_string(vm.key) + " has waited for a node for " + to_string(kWaits) + " while one with room rested");
  }

  // Whether a node that Drover has put to rest would have room for it.
  static bool room_rests(const sim::Simulation& sim, const sim::SimVm& vm) {
    const sim::Requests need = sim::requests_of(sim.world().group_of(vm));
    const auto& nodes = sim.world().nodes();
    return std::any_of(nodes.begin(), nodes.end(), [&](const sim::SimNode& node) {
      const Node* object = sim.api().view().node(node.name);
      const NodeLife life = object->marks.life;
      const bool can_serve = node.state != PowerState::Dead && life != NodeLife::Active && life != NodeLife::Quarantined &&
                             !(object->unschedulable && !object->marks.cordoned);
      return can_serve && static_cast<double>(node.cpu_requested_milli + need.cpu_milli) <= node.cores * 1000 &&
             node.memory_requested + need.memory_bytes <= node.memory_bytes && node.pods < node.pods_allowed;
    });
  }

  Instant next_{};
  std::size_t first_ = 0;
  std::map<std::size_t, Instant> waits_since_;
};

}  // namespace

std::unique_ptr<Oracle> nothing_lost(const Ground& ground) {
  return std::make_unique<NothingLost>(ground);
}

}  // namespace drover::torture
