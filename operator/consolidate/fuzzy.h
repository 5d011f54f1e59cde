// Fuzzy: the workload migration controller (energy paper, section 3.2). An advisor looks at what nodes use and calls one of two
// rules; a fuzzy controller (fuzzy_rules.h) chooses the workload and the server.
//
// Overload, of one node: its CPU or its memory is above settings.overload. A workload leaves it, chosen by fitness, for the least
// loaded node that has room without being overloaded by it. If there is none, a retiring node is taken back, else a sleeping one is
// woken and the workload goes there once it is up. Under-load, of the pool: CPU and memory, averaged over all nodes that are on,
// are both below settings.low_load. The least loaded node is evacuated: if there is a target for each of its workloads, and else
// not at all, and the next is tried. This rule wakes nothing, and is not asked in a round in which an overloaded node is helped.
//
// What the paper leaves open is decided so: an evacuation of more moves than settings.max_moves goes on in the next rounds, and the
// node is taken back as soon as one of the rest has no target any more; one node is evacuated at a time; empty nodes are no targets
// of an evacuation; workloads that no other node may ever run are not chosen; what would be emptied only to be the reserve does not
// count as there when the pool's load is averaged.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "consolidate/draft.h"
#include "consolidate/fuzzy_controller.h"
#include "consolidate/strategy.h"

namespace drover {

class Fuzzy final : public Strategy {
 public:
  explicit Fuzzy(const ConsolidationSettings& settings) : settings_(settings) {}

  [[nodiscard]] Advice advise(const Pool& pool) override;
  // The least loaded node that is open and has room; if there is none, a retiring node, which its caller takes back.
  [[nodiscard]] int place(const Pool& pool, int vm) override;

 private:
  [[nodiscard]] bool overloaded(const Draft& draft, int node) const;
  [[nodiscard]] double load(const Draft& draft, int node);
  [[nodiscard]] int least_loaded_target(const Draft& draft, int vm, double limit, bool in_use);

  enum class Moved { No, Later, Now };

  // Each returns whether there was anything that could be cured, or to go on with.
  bool relieve_overloaded(Draft& draft);
  bool continue_evacuations(Draft& draft);

  bool relieve(Draft& draft, int node);
  [[nodiscard]] int fittest(const Draft& draft, int node, std::string& why);
  Moved move_off(Draft& draft, int vm, const std::string& why);
  void evacuate_if_underloaded(Draft& draft);
  // The targets of all workloads of the node, or none of them; a workload without a target is named in `stopped`.
  [[nodiscard]] std::vector<std::pair<int, int>> evacuation(const Draft& draft, int node, std::string& stopped);
  void carry_out(Draft& draft, int node, const std::vector<std::pair<int, int>>& moves) const;

  const ConsolidationSettings settings_;
  FuzzyController controller_;
};

}  // namespace drover
