// Invariant 8: no effect without being leader. A process that does not lead asks for nothing, of its core or of anyone outside;
// that a call of one that led arrives later than its lease lasts is a fault that no lease can prevent.
#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

class OnlyTheLeaderActs : public Oracle {
 public:
  explicit OnlyTheLeaderActs(const Ground& ground) : Oracle("OnlyTheLeaderActs", ground) {}

  void decided(const sim::Simulation& sim, const sim::Replica& by, const Effect& /*effect*/) override {
    if (!by.elected()) complain(sim, "replica " + std::to_string(by.number()) + " wants something done and is not the leader");
  }
  void asked(const sim::Simulation& sim, const sim::Replica& by, const Effect& effect) override {
    if (!sim.holds_lease(by)) {
      complain(sim, "replica " + std::to_string(by.number()) + ", which holds no lease, carries out a " +
                        std::string(kind_of(effect.body)));
    }
  }
};

}  // namespace

std::unique_ptr<Oracle> only_the_leader_acts(const Ground& ground) {
  return std::make_unique<OnlyTheLeaderActs>(ground);
}

}  // namespace drover::torture
