// Balanced: Drover's own strategy and its default. It runs the pool on as few nodes as can be had while the chance that a node is
// asked for more CPU than it has stays at a set level, with few moves.
//
// In each round, in this order:
//   relief   a node that is overloaded gives up the VM that costs least to move and cures it, to the node whose risk rises least;
//            if none can take it, a retiring node is taken back, or else a sleeping one is woken
//   packing  nodes are emptied whole or not at all, those with the fewest VMs first, as long as the mean risk of the nodes that
//            remain stays below the level and what a node saves in an hour pays for its moves, its boot and its shutdown
//   evening  a VM leaves the node at the highest risk when that lowers the sum of all risks by more than a move is worth
// Risks are foretold from history (demand_history.h, packing.h) and corrected by how many nodes really were overloaded, so that the
// level is met whatever the demand is like. How high it may be follows from how long an overload lasts: with fresh samples until a
// copy is made, with old ones a round or more. With little history VMs count as ordinary ones of their size, and the packing is
// loose.
//
// Settings that it heeds: overload (a node above this share of its CPU is overloaded), max_moves (of packing and evening in one
// round), reserve_nodes and reserve_percent, power_down.after. Thread safety: none.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consolidate/demand_history.h"
#include "consolidate/packing.h"
#include "consolidate/strategy.h"

namespace drover {

// One set for all pools: found on three days of PlanetLab's traces under several rules, and rounded.
struct BalancedTuning {
  HistoryTuning history;
  double next_share = 0.47;     // of the newest deviation, as far as it persists, in a node's risk
  double level = 0.003;         // mean chance of overload that is aimed at where one lasts for five minutes
  double level_power = 0.5;
  double slack = 0.76;          // packing goes up to this share of the level
  double worst = 7.5;           // a node's chance after it has received, in levels
  double fresh_hot = 1.0;       // relief when more than this share of what may be used is wanted in the newest sample
  double stale_hot = 1.09;      // or, where that is old, foretold
  double cool = 0.96;           // relief goes down to here
  double copy_weight = 0.17;    // of 30 s of copying, in what relief costs, against a whole node's CPU
  double grow = 3;
  double gain = 2;              // levels that a move must take off the sum of the nodes' chances
  int evenings = 1;             // moves of evening in one round
  int tries = 4;                // nodes tried one by one when the cheapest can't be emptied
  double move_joules = 25500;   // what a move must save at least, in an hour
  double settle_seconds = 900;  // no packing for so long after a node was woken or taken back
  double believed = 6;          // overloads that what is foretold counts for before it is corrected
  double belief_memory = 0.99;  // weight of a round's overloads beside the next one's
  double prior_factor = 1;
};

class Balanced : public Strategy {
 public:
  explicit Balanced(const ConsolidationSettings& settings, const BalancedTuning& tuning = {});

  [[nodiscard]] Advice advise(const Pool& pool) override;
  [[nodiscard]] int place(const Pool& pool, int vm) override;

 private:
  struct Step;
  struct Round;
  void learn(const Packing& packing);
  // What a risk really comes to: factor_ times it while it is small; what is certain stays certain.
  [[nodiscard]] double chance(double risk) const { return factor_ * risk / (1 - risk + factor_ * risk); }
  [[nodiscard]] double mean_chance(const Packing& packing) const;
  [[nodiscard]] double payback(const PoolNode& node) const;
  [[nodiscard]] double level(const Pool& pool) const;
  [[nodiscard]] bool bears(const Packing& packing, int node, int vm) const;
  [[nodiscard]] int best_target(const Packing& packing, int vm, const std::vector<char>& excluded) const;
  [[nodiscard]] int spare_target(const Packing& packing, int vm) const;
  void relieve(Round& round);
  void relieve(Round& round, int node);
  [[nodiscard]] double wanted(const Packing& packing, int node) const;
  void resume(Round& round);
  void pack(Round& round);
  [[nodiscard]] std::vector<int> candidates(const Round& round) const;
  [[nodiscard]] std::optional<Packing> evacuated(const Packing& packing, const std::vector<int>& nodes, double limit) const;
  [[nodiscard]] bool can_still_empty(const Packing& packing, int node) const;
  void adopt(Round& round, Packing plan, const std::vector<int>& nodes) const;
  void grow(Round& round);
  void even(Round& round);
  [[nodiscard]] Advice write(const Pool& pool, const Round& round);

  ConsolidationSettings settings_;
  BalancedTuning tuning_;
  DemandHistory history_;
  bool fresh_ = false;                   // samples, so that an overload is seen as soon as it is there
  double level_ = 0;                     // mean chance of overload that is aimed at
  double factor_;                        // from foretold risk to chance
  double expected_ = 0;                  // overloaded nodes, by what was foretold in the round before
  double foretold_ = 0;                  // the same, of all rounds, and
  double seen_ = 0;                      // what came of it
  std::optional<Instant> grown_;         // when a node was woken or taken back last
  std::map<std::string, int> arrivals_;  // nodes by uid of the VMs that waited together
};

}  // namespace drover
