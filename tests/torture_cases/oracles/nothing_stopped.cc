// The core's own last check (core/invariants.h) never has to stop an effect: what it stops, a decision before it got wrong.
#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

class NothingStopped : public Oracle {
 public:
  explicit NothingStopped(const Ground& ground) : Oracle("NothingStopped", ground) {}

  void stopped(const sim::Simulation& sim, const Violation& violation) override {
    complain(sim, "an effect was stopped at the last moment by " + std::string(to_string(violation.invariant)) + ": " +
                      violation.detail);
  }
};

}  // namespace

std::unique_ptr<Oracle> nothing_stopped(const Ground& ground) {
  return std::make_unique<NothingStopped>(ground);
}

}  // namespace drover::torture
