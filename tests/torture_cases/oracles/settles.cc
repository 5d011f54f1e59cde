// Invariant 9: with faults gone, the system settles within a bound and then stays still: no ping-pong. Once everything has settled
// no node goes to rest that did so before since the last fault, and no VM returns to a node that it left since then. A last step
// forward is no unrest: strategies learn from demand for longer than a day, and pack a node more then.
#include <map>
#include <set>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

class Settles : public Oracle {
 public:
  explicit Settles(const Ground& ground) : Oracle("Settles", ground) {}

  void carried_out(const sim::Simulation& sim, const sim::Replica& /*by*/, const Effect& effect,
                   const Result<std::string>& outcome) override {
    const auto* mark = std::get_if<MarkNode>(&effect.body);
    if (mark == nullptr || !outcome || mark->marks.life != NodeLife::Retiring || sim.now() < ground_.phases().calm) return;
    const int times = ++retired_[mark->node];
    if (times < 2 || sim.now() < ground_.phases().still) return;
    complain(sim, "hours after the last fault node " + mark->node + " is put to retire for the " + std::to_string(times) +
                      "th time: " + mark->marks.reason);
  }

  void after_event(const sim::Simulation& sim) override {
    for (std::size_t i = ground_.first_new_move(); i < ground_.moves().size(); ++i) {
      const TrueMove& move = ground_.moves()[i];
      if (sim.now() < ground_.phases().calm) continue;
      std::set<std::string>& left = left_[move.vm_uid];
      if (sim.now() >= ground_.phases().still && left.contains(move.target)) {
        complain(sim,
                 "hours after the last fault VM " + to_string(move.vm) + " goes back from " + move.source + " to " + move.target);
      }
      if (move.source != move.target) left.insert(move.source);
    }
  }

 private:
  std::map<std::string, int> retired_;                 // node -> how often since the last fault
  std::map<std::string, std::set<std::string>> left_;  // VM -> nodes that it set out from since then
};

}  // namespace

std::unique_ptr<Oracle> settles(const Ground& ground) {
  return std::make_unique<Settles>(ground);
}

}  // namespace drover::torture
