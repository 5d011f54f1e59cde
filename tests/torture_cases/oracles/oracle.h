// Oracle: says whether one invariant of the design holds in a run, and complains when it does not. It looks at the true world and
// at the effects that leave a core, never at what the core believes; a replica's view is looked at only to tell whether it was up
// to date when an effect was decided, because what is decided on news that were late is for the API server to refuse.
//
// The first complaint of an oracle counts. Thread safety: none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/simulation.h"
#include "torture_cases/oracles/ground.h"

namespace drover::torture {

struct Complaint {
  std::string oracle;
  std::string words;
  Instant at{};
};

class Oracle {
 public:
  Oracle(std::string name, const Ground& ground) : ground_(ground), name_(std::move(name)) {}
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;
  virtual ~Oracle() = default;

  // The effect left a core. `ground` does not know of it yet.
  virtual void decided(const sim::Simulation& /*sim*/, const sim::Replica& /*by*/, const Effect& /*effect*/) {}
  // A call that may change something is about to be made for it.
  virtual void asked(const sim::Simulation& /*sim*/, const sim::Replica& /*by*/, const Effect& /*effect*/) {}
  // What came of it is known, and the core about to be told. The world may have changed since.
  virtual void carried_out(const sim::Simulation& /*sim*/, const sim::Replica& /*by*/, const Effect& /*effect*/,
                           const Result<std::string>& /*outcome*/) {}
  // A core's own last check stopped an effect.
  virtual void stopped(const sim::Simulation& /*sim*/, const Violation& /*violation*/) {}
  virtual void after_event(const sim::Simulation& /*sim*/) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::optional<Complaint>& complaint() const { return complaint_; }

 protected:
  void complain(const sim::Simulation& sim, std::string words) {
    if (!complaint_) complaint_ = Complaint{name_, std::move(words), sim.now()};
  }

  const Ground& ground_;

 private:
  std::string name_;
  std::optional<Complaint> complaint_;
};

// One of each, in the order of the design's invariants. Invariant 6 (encryption) has none: nothing in the simulated world is
// encrypted yet. Invariant 10 (same seed, same decisions) takes two runs and is judge.h's.
[[nodiscard]] std::vector<std::unique_ptr<Oracle>> all_oracles(const Ground& ground);

[[nodiscard]] std::unique_ptr<Oracle> empty_before_off(const Ground& ground);
[[nodiscard]] std::unique_ptr<Oracle> no_vm_in_two_moves(const Ground& ground);
[[nodiscard]] std::unique_ptr<Oracle> answers_are_true(const Ground& ground);
[[nodiscard]] std::unique_ptr<Oracle> limits_hold(const Ground& ground);
[[nodiscard]] std::unique_ptr<Oracle> owners_times_hold(const Ground& ground);
[[nodiscard]] std::unique_ptr<Oracle> reserve_stays(const Ground& ground);
[[nodiscard]] std::unique_ptr<Oracle> target_fits(const Ground& ground);
[[nodiscard]] std::unique_ptr<Oracle> marks_accounted_for(const Ground& ground);
[[nodiscard]] std::unique_ptr<Oracle> only_the_leader_acts(const Ground& ground);
[[nodiscard]] std::unique_ptr<Oracle> settles(const Ground& ground);
[[nodiscard]] std::unique_ptr<Oracle> nothing_lost(const Ground& ground);
[[nodiscard]] std::unique_ptr<Oracle> no_node_stays_lost(const Ground& ground);
[[nodiscard]] std::unique_ptr<Oracle> nothing_stopped(const Ground& ground);

}  // namespace drover::torture
