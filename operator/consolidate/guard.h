// Guarded: a strategy held to never being worse than doing nothing. It asks the strategy what to pack, and says itself whether.
//
// Measured is the CPU that is wanted beyond what nodes have, expected in the long run from what each VM wanted so far
// (demand_history.h, packing.h). Of what the strategy advises,
//   a node is emptied only if the pool has room for it: all that its VMs vary by included, the nodes that stay hold them, more
//   nodes than the reserve would be spared, and no more CPU is left unserved;
//   another move is made only if more CPU is served with it than without, by more than it is worth a move.
// Where too much is left unserved although nodes rest or retire, they are taken back at once, whatever the strategy; and VMs go
// to where they leave the least unserved. That is also what puts right what packing left uneven once the pool has filled up.
//
// What it turns down is said in notes. Thread safety: none.
#pragma once

#include <memory>

#include "consolidate/demand_history.h"
#include "consolidate/packing.h"
#include "consolidate/strategy.h"

namespace drover {

class Guarded final : public Strategy {
 public:
  Guarded(const ConsolidationSettings& settings, std::unique_ptr<Strategy> strategy);

  [[nodiscard]] Advice advise(const Pool& pool) override;
  [[nodiscard]] int place(const Pool& pool, int vm) override { return strategy_->place(pool, vm); }

 private:
  class Review;

  ConsolidationSettings settings_;
  std::unique_ptr<Strategy> strategy_;
  DemandHistory history_;
  int rounds_ = 0;  // held
};

// The strategy that the settings name, guarded.
[[nodiscard]] std::unique_ptr<Strategy> make_guarded(const ConsolidationSettings& settings);

}  // namespace drover
