// Invariant 8: no effect without being leader. That two lead for a while is a fault; a process that has been told that it does not
// lead asks for nothing, and has nothing carried out.
#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

class OnlyTheLeaderActs : public Oracle {
 public:
  explicit OnlyTheLeaderActs(const Ground& ground) : Oracle("OnlyTheLeaderActs", ground) {}

  void decided(const sim::Simulation& sim, const sim::Replica& by, const Effect& /*effect*/) override {
    if (!by.elected()) complain(sim, "replica " + std::to_string(by.number()) + " wants something done and is not the leader");
  }
  void carried_out(const sim::Simulation& sim, const sim::Replica& by, const Effect& /*effect*/,
                   const Result<std::string>& /*outcome*/) override {
    if (!by.elected()) complain(sim, "an effect of replica " + std::to_string(by.number()) + ", not the leader, was carried out");
  }
};

}  // namespace

std::unique_ptr<Oracle> only_the_leader_acts(const Ground& ground) {
  return std::make_unique<OnlyTheLeaderActs>(ground);
}

}  // namespace drover::torture
