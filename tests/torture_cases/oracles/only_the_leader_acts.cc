// Invariant 8: no effect without being leader. A process that does not lead asks for nothing, of its core or of anyone outside;
// that a call of one that led arrives later than its lease lasts is a fault that no lease can prevent. What it asked for in an
// earlier term it asks for no more: its core has forgotten it, and counts it no longer.
#include <map>
#include <tuple>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

class OnlyTheLeaderActs : public Oracle {
 public:
  explicit OnlyTheLeaderActs(const Ground& ground) : Oracle("OnlyTheLeaderActs", ground) {}

  void decided(const sim::Simulation& sim, const sim::Replica& by, const Effect& effect) override {
    terms_[{by.number(), by.life(), effect.id}] = by.term();
    if (!by.elected()) complain(sim, "replica " + std::to_string(by.number()) + " wants something done and is not the leader");
  }
  void asked(const sim::Simulation& sim, const sim::Replica& by, const Effect& effect) override {
    if (!by.elected() || !sim.holds_lease(by)) {
      complain(sim, "replica " + std::to_string(by.number()) + ", which does not lead, carries out a " +
                        std::string(kind_of(effect.body)));
    }
    const auto term = terms_.find({by.number(), by.life(), effect.id});
    if (term != terms_.end() && term->second != by.term()) {
      complain(sim, "replica " + std::to_string(by.number()) + " carries out a " + std::string(kind_of(effect.body)) +
                        " that it asked for when it led before");
    }
  }

 private:
  std::map<std::tuple<int, std::uint64_t, EffectId>, std::uint64_t> terms_;  // replica, life, effect -> term
};

}  // namespace

std::unique_ptr<Oracle> only_the_leader_acts(const Ground& ground) {
  return std::make_unique<OnlyTheLeaderActs>(ground);
}

}  // namespace drover::torture
