// LedgerScribe: the rows of the ledger of a simulated run, from the world's books and what the operators did.
//
// Modelled throughout, as the world's books are. What holds savings back is looked at once an interval and taken to have held for
// all of it. Thread safety: none.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/ledger_rows.h"
#include "sim/simulation.h"

namespace drover::sim {

class LedgerScribe final : public Observer {
 public:
  static constexpr Duration kInterval = minutes{15};

  // Before the run begins; the simulation must outlive it.
  explicit LedgerScribe(Simulation& simulation);

  void after_effect(const Simulation& simulation, const Replica& replica, const Effect& effect,
                    const Result<std::string>& outcome) override;
  // What came since the last call, up to `now`, to which the simulation has run.
  [[nodiscard]] LedgerRows rows_until(Instant now);

 private:
  struct Begun {
    Instant at{};
    std::string policy;
    std::string reason;
  };
  void note_life(const MarkNode& mark);
  void take_energy(Instant now, LedgerRows& rows);
  void take_shares(Instant now, LedgerRows& rows);
  void take_moves(LedgerRows& rows);
  void take_held(Instant now, LedgerRows& rows);
  [[nodiscard]] std::string policy_of(const std::string& node) const;

  Simulation& simulation_;
  Instant since_;
  Instant shares_since_;
  std::vector<NodeBook> nodes_;  // as of since_
  std::vector<VmBook> vms_;      // as of shares_since_
  double floor_joules_ = 0;
  std::map<std::string, Begun> begun_;   // by migration uid
  std::vector<std::size_t> open_moves_;  // not over
  std::size_t seen_moves_ = 0;
  std::map<std::string, Instant> switched_;  // node -> when it was ordered off or on
  std::vector<LifeRow> lives_;
};

}  // namespace drover::sim
