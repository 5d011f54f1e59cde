// No node stays lost: once everything has settled each is in service, or on its way as a policy that stands has it, or asleep under
// one, or Quarantined with a reason on it. None is off and says that it serves, none lingers between two lives, and one that serves
// bears nothing of ours.
#include <algorithm>
#include <map>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

constexpr Duration kLostLooks = minutes{1};
// A node whose mark says one thing while its machine does another is found by whoever polls it, each minute, and marked.
constexpr Duration kMarkDisagrees = minutes{10};
// In a life that has a deadline: for switching off, ten minutes; for waking, two tries of a quarter of an hour.
constexpr Duration kSwitchingOff = minutes{15};
constexpr Duration kWakingUp = minutes{40};
// After the policies are gone: as in marks_accounted_for.cc.
constexpr Duration kAfterThem = hours{2};

class NoNodeStaysLost : public Oracle {
 public:
  explicit NoNodeStaysLost(const Ground& ground) : Oracle("NoNodeStaysLost", ground) {}

  void after_event(const sim::Simulation& sim) override {
    if (sim.now() < ground_.phases().still || sim.now() < next_) return;
    next_ = sim.now() + kLostLooks;
    for (const sim::SimNode& machine : sim.world().nodes()) {
      const Node& node = *sim.api().view().node(machine.name);
      const Doubt doubt = doubt_of(sim, machine, node);
      Known& known = known_[machine.name];
      if (doubt.words.empty() || doubt.words != known.words) known = {doubt.words, sim.now()};
      if (doubt.words.empty() || sim.now() - known.since < doubt.stands) continue;
      complain(sim, "node " + machine.name + " is lost, hours after the last fault: it is marked " +
                        std::string(to_string(node.marks.life)) +
                        (node.marks.reason.empty() ? "" : " (" + node.marks.reason + ")") + " and " + doubt.words);
    }
  }

 private:
  // What is wrong with a node if it lasts for so long, or "".
  struct Doubt {
    std::string words;
    Duration stands{};
  };
  struct Known {
    std::string words;
    Instant since{};
  };

  Doubt doubt_of(const sim::Simulation& sim, const sim::SimNode& machine, const Node& node) const {
    const bool on = machine.state == PowerState::On;
    switch (node.marks.life) {
      case NodeLife::Quarantined: return {node.marks.reason.empty() ? "no reason is on it" : "", Duration::zero()};
      case NodeLife::PoweringOff: return {"does not come to an end of it", kSwitchingOff};
      case NodeLife::Waking: return {"does not come to an end of it", kWakingUp};
      case NodeLife::Asleep:
        if (gone(sim)) return {"no policy has it sleep", Duration::zero()};
        return {machine.state == PowerState::Off ? "" : "its machine is not off", kMarkDisagrees};
      case NodeLife::Active: return {on && node.ready ? why_marked(node) : "its machine does not serve", kMarkDisagrees};
      default:
        if (gone(sim)) return {"no policy has it rest", Duration::zero()};
        return {on && node.ready ? "" : "its machine does not serve", kMarkDisagrees};
    }
  }

  // What a node in service still bears of ours, or "".
  static std::string why_marked(const Node& node) {
    if (node.marks.cordoned) return "bears Drover's cordon";
    if (!node.marks.told.empty()) return "bears what others are told of nodes that rest: " + node.marks.told.front();
    const auto left = std::find_if(std::begin(kTold), std::end(kTold), [&](const Told& told) { return is_there(node, told); });
    return left == std::end(kTold) ? "" : "bears " + std::string(left->key) + ", which nobody accounts for";
  }

  [[nodiscard]] bool gone(const sim::Simulation& sim) const {
    const auto& phases = ground_.phases();
    return phases.policies_gone && sim.now() >= *phases.policies_gone + kAfterThem;
  }

  Instant next_{};
  std::map<std::string, Known> known_;
};

}  // namespace

std::unique_ptr<Oracle> no_node_stays_lost(const Ground& ground) {
  return std::make_unique<NoNodeStaysLost>(ground);
}

}  // namespace drover::torture
