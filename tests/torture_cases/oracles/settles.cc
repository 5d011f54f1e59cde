// Invariant 9: with faults gone, the system settles within a bound and then stays still: no move, no node that changes its life, no
// VM that went somewhere and came back.
#include <map>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

class Settles : public Oracle {
 public:
  explicit Settles(const Ground& ground) : Oracle("Settles", ground) {}

  void carried_out(const sim::Simulation& sim, const sim::Replica& /*by*/, const Effect& effect,
                   const Result<std::string>& outcome) override {
    if (sim.now() < ground_.phases().still || !outcome) return;
    if (const auto* mark = std::get_if<MarkNode>(&effect.body)) {
      complain(sim, "hours after the last fault node " + mark->node + " still goes from " + std::string(to_string(mark->before)) +
                        " to " + std::string(to_string(mark->marks.life)) + ": " + mark->marks.reason);
    } else if (const auto* power = std::get_if<SwitchPower>(&effect.body)) {
      complain(sim, "hours after the last fault node " + power->node + " is still switched " + (power->on ? "on" : "off"));
    }
  }

  void after_event(const sim::Simulation& sim) override {
    for (std::size_t i = ground_.first_new_move(); i < ground_.moves().size(); ++i) {
      const TrueMove& move = ground_.moves()[i];
      if (sim.now() >= ground_.phases().still) {
        complain(sim,
                 "hours after the last fault VM " + to_string(move.vm) + " still moves from " + move.source + " to " + move.target);
      }
    }
  }
};

}  // namespace

std::unique_ptr<Oracle> settles(const Ground& ground) {
  return std::make_unique<Settles>(ground);
}

}  // namespace drover::torture
