// Round: one round of a consolidation policy, from what it is held on to what came of it. Holding it takes long where there are
// many nodes, so it is an effect like any question (HoldRound in core/effect.h): everything that it is held on is a value of one
// moment, which nobody changes meanwhile, and what comes of it is in names, which outlive the pool.
//
// Pure: the same question gives the same answer, on whatever thread. Thread safety: none; a question belongs to one at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "consolidate/strategy.h"
#include "core/effect.h"
#include "core/event.h"
#include "core/frozen_view.h"
#include "core/limits.h"
#include "core/node_life.h"
#include "core/options.h"
#include "core/plan.h"
#include "core/roster.h"
#include "model/use.h"

namespace drover {

// What a round made of the view, from which the next one goes on: most of it is still the same. It keeps the objects that were
// replaced since, until then.
struct RoundMemory {
  ThawedView thawed;
  Roster roster;  // of that view
};

// What a round is held on.
struct RoundQuestion {
  FrozenView view;
  ConsolidationSettings settings;
  SeenLives lives;
  std::shared_ptr<const UseTable> use;
  CoreOptions options;
  Plan plan;
  std::vector<MoveRecord> moves;  // that the process knows of, of all policies
  std::map<ObjectKey, Refusal> refusals;
  std::map<std::string, std::string> kept_on;  // node -> why it is not to be emptied
  Instant asked{};
  std::shared_ptr<Strategy> strategy;   // lent: it comes back with the answer,
  std::shared_ptr<RoundMemory> memory;  // as this does; null: there was no round before
};

// A move that the strategy wants.
struct WantedMove {
  ObjectKey vm;
  std::string vm_uid;
  std::string source;
  std::string target;
  bool relief = false;
  bool source_leaves = false;  // it was being emptied when the round was asked for
  std::string reason;
  std::set<ObjectKey> company;  // VMs that may be on the target by then, if all goes as advised
};

// An order that it gave of a node as it was then.
struct WantedOrder {
  std::string node;
  std::string node_uid;
  NodeLife life = NodeLife::Active;
  NodeOrder::Act act = NodeOrder::Act::Retire;
  std::string reason;
};

struct RoundOutcome {
  std::vector<WantedOrder> orders;
  std::vector<WantedMove> moves;  // in their order; of those that pack no more than max_moves
  std::vector<std::string> notes;
};

// Holds the round, and takes the question apart. Cancelled when it was stopped, which is asked now and then.
[[nodiscard]] RoundHeld hold_round(EffectId id, const HoldRound& round, const std::function<bool()>& stopped);

// The answer to one that is not held.
[[nodiscard]] RoundHeld not_held(EffectId id, const HoldRound& round, const Error& error);

}  // namespace drover
