// Invariant 9: with faults gone, the system settles within a bound and then stays still: no move, and no node that changes its
// life. What is no unrest: a move that failed is tried again, after six hours in the end, for as long as there is a reason for it.
#include <algorithm>

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
      if (sim.now() >= ground_.phases().still && !tries_again(i)) {
        complain(sim,
                 "hours after the last fault VM " + to_string(move.vm) + " still moves from " + move.source + " to " + move.target);
      }
    }
  }

 private:
  [[nodiscard]] bool tries_again(std::size_t move) const {
    const auto& moves = ground_.moves();
    const auto newest = std::make_reverse_iterator(moves.begin() + static_cast<std::ptrdiff_t>(move));
    const auto before =
        std::find_if(newest, moves.rend(), [&](const TrueMove& other) { return other.vm_uid == moves[move].vm_uid; });
    return before != moves.rend() && before->ended && !before->succeeded;
  }
};

}  // namespace

std::unique_ptr<Oracle> settles(const Ground& ground) {
  return std::make_unique<Settles>(ground);
}

}  // namespace drover::torture
