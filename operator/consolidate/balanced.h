// Balanced: Drover's own strategy and its default. It runs the pool on as few nodes as can be had while the chance that a node is
// asked for more CPU than it has stays at a set level, with few moves.
//
// In each round, in this order:
//   relief   a node that is overloaded gives up the VM that costs least to move and cures it, to the node whose risk rises least;
//            if none can take it, a retiring node is taken back, or else a sleeping one is woken
//   growth   when the mean risk has risen far above the level, or above a tenth, VMs leave the worst nodes; if it must be, one
//            more node is put into service for them
//   evening  a VM leaves the node at the highest risk when that lowers the sum of all risks by more than a move is worth
//   packing  nodes are emptied whole or not at all, those with the fewest VMs first, as long as the mean risk of the nodes that
//            remain stays below the level and what a node saves while it may be expected to rest (rests.h) pays for the energy of
//            its moves, their price in the settings, its boot and its shutdown; and only if more than the reserve is spared
// Relief and evening must not cost more service in the long run than they bring: CPU that is wanted beyond what nodes have, by
// the forecasts' means and spreads. Where the pool as a whole is asked for nearly all that it has, nothing but packing is tried.
// Risks are foretold from history (demand_history.h, packing.h) and corrected by how many nodes really were overloaded, so that the
// level is met whatever the demand is like. How high it may be follows from what an overload costs: the time until a newer sample
// shows it and a copy has been made, and with fresh samples the move that it then brings about. A pool that is measured every few
// seconds is packed tighter than one that is measured every five minutes.
//
// A VM that must leave its node sooner or later moves once if the first packing is tight, and twice if it is loose: so the first
// guess of how much VMs vary is bold, and growth makes good where it was too bold.
//
// Settings that it heeds: overload (a node above this share of its CPU is overloaded), max_moves (of packing, growth and evening in
// one round), reserve_nodes and reserve_percent, move_cost_joules, power_down.after. Thread safety: none.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consolidate/demand_history.h"
#include "consolidate/packing.h"
#include "consolidate/rests.h"
#include "consolidate/strategy.h"

namespace drover {

// One set for all pools: found on three days of PlanetLab's traces under several rules, held against days mixed from them, rounded.
struct BalancedTuning {
  HistoryTuning history;
  double overload_seconds = 0.56;  // aimed at: mean chance of an overload times what one costs
  double relief_copies = 1.5;      // what the move that relieves a node costs, in times of a copy
  double most_chance = 0.07;       // but never more: about one percent of demand is then not served
  double worst = 7;                // a node's chance after it has received, in levels
  double copy_weight = 0.3;        // of 30 s of copying, in what relief costs, against a whole node's CPU
  double growth = 4;               // mean chance at which VMs leave for one node more, in levels
  double growth_chance = 0.1;      // or this chance, where it is less
  double gain = 3;                 // what a move must take off the sum of the nodes' chances, in levels
  int evenings = 1;                // moves of evening in one round
  int tries = 3;                   // nodes that can't be emptied before packing gives up
  RestTuning rest;
  double relief_lasts = 0.1;     // CPU that is overloaded now, beside as much in the long run
  int first_rounds = 3;          // in which VMs are not known well enough for growth and evening; nor for relief and packing,
  double roomy = 0.6;            // where the pool is filled more than this
  double overfull = 0.95;        // filled so far, moves only make the nodes uneven
  double gain_served = 0.002;    // of what both nodes are asked for, that is served then besides, where samples are fresh
  int stabilization_rounds = 3;  // without packing, once a node that was woken or taken back is there
  double believed = 6;           // weight of the forecast, in overloads: a prior that what is counted then corrects
  double belief_memory = 0.99;   // weight of a round's overloads beside the next one's
};

class Balanced : public Strategy {
 public:
  explicit Balanced(const ConsolidationSettings& settings, const BalancedTuning& tuning = {});

  [[nodiscard]] Advice advise(const Pool& pool) override;
  [[nodiscard]] int place(const Pool& pool, int vm) override;

 private:
  struct Step;
  struct Bound;
  struct Round;
  void learn(const Packing& packing);
  [[nodiscard]] bool aside(int node) const {
    return static_cast<std::size_t>(node) < aside_.size() && aside_[static_cast<std::size_t>(node)] != 0;
  }
  // What a risk really comes to: factor_ times it while it is small; what is certain stays certain.
  [[nodiscard]] double chance(double risk) const { return factor_ * risk / (1 - risk + factor_ * risk); }
  // Of the nodes in use, but for those that can't be helped.
  [[nodiscard]] double mean_chance(const Packing& packing) const;
  [[nodiscard]] double gain(const Packing& packing, int node) const;
  [[nodiscard]] double fill(const Packing& packing) const;
  [[nodiscard]] static bool suffers(const Packing& packing, int node);
  [[nodiscard]] bool helps(const Packing& packing, int vm, int target) const;
  [[nodiscard]] double level(const Pool& pool) const;
  // Where the newest sample is known, a move must not overload its target at once.
  [[nodiscard]] bool bears(const Packing& packing, int node, int vm) const;
  [[nodiscard]] int best_target(const Packing& packing, int vm, const std::vector<char>& excluded) const;
  // The same where memory runs out before CPU: of the nodes that are not at risk with it the one whose memory it fills most.
  [[nodiscard]] int fullest_target(const Packing& packing, int vm, const std::vector<char>& excluded) const;
  [[nodiscard]] int spare_target(const Packing& packing, int vm) const;
  void relieve(Round& round);
  void relieve(Round& round, int node);
  [[nodiscard]] double wanted(const Packing& packing, int node) const;
  void resume(Round& round);
  void pack(Round& round, bool known);
  [[nodiscard]] std::vector<int> candidates(Round& round) const;
  [[nodiscard]] std::optional<Packing> evacuated(const Packing& packing, const std::vector<int>& nodes, std::vector<char> closed,
                                                 std::string* why = nullptr) const;
  void adopt(Round& round, Packing plan, const std::vector<int>& nodes) const;
  void grow(Round& round);
  void even(Round& round);
  static void note_bounds(const Pool& pool, const Round& round, Advice& advice);
  [[nodiscard]] Advice write(const Pool& pool, const Round& round);

  ConsolidationSettings settings_;
  BalancedTuning tuning_;
  DemandHistory history_;
  Rests rests_;
  std::vector<double> watts_;            // by node, as price.h has it
  std::set<std::string> due_;            // names of nodes that the last packing empties, some of them in later rounds
  std::vector<char> aside_;              // by node: it is overloaded and cannot be helped in this round
  int rounds_ = 0;                       // held
  bool memory_binds_ = false;            // the VMs want more of the pool's memory than of its CPU
  bool fresh_ = false;                   // samples, so that an overload is seen as soon as it is there
  double level_;                         // mean chance of overload that is aimed at
  double factor_ = 1;                    // from foretold risk to chance
  double expected_ = 0;                  // overloaded nodes, by what was foretold in the round before
  double foretold_ = 0;                  // the same, of all rounds, and
  double seen_ = 0;                      // what came of it
  std::optional<Instant> grown_;         // when a node was woken or taken back last
  Duration stabilizes_in_{0};            // no packing for so long after that
  std::map<std::string, int> arrivals_;  // nodes by uid of the VMs that waited together
};

}  // namespace drover
