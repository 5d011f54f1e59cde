// Dynamic Round-Robin (energy paper, section 2.1): VMs are deployed in turn, and two rules empty nodes.
//
// Rule 1: a VM of a node has ended while others remain there: the node retires, which is to say that it accepts no more; when the
// others have ended too, it is empty. Rule 2: a node that has been retiring for longer than settings.retirement_threshold has the
// rest of its VMs moved, in turn to the nodes that do not retire and have room. The paper gives no value for that threshold.
//
// What it leaves open is decided so: an arrival is never turned away because nodes retire (the least retired one is taken back,
// before any is woken); a node with a VM that can never be moved waits for its end; nodes that hold no VM are no targets of rule 2;
// settings.max_moves bounds rule 2 in one round; room is what VMs want by the newest measurement, or may use where there is none;
// and no node with VMs retires as long as the most which all VMs wanted together within a day needs it, or it would only be the
// reserve.
//
// It sees only pools: that a VM has ended it knows by remembering where each was when advise() was called before. What ended before
// the first call, or during a restart, retires no node.
#pragma once

#include <map>
#include <string>

#include "consolidate/draft.h"
#include "consolidate/strategy.h"

namespace drover {

class DynamicRoundRobin final : public Strategy {
 public:
  explicit DynamicRoundRobin(const ConsolidationSettings& settings) : settings_(settings) {}

  [[nodiscard]] Advice advise(const Pool& pool) override;
  // In turn over the nodes that are on and do not retire; if none of them has room, a retiring node, which its caller takes back.
  [[nodiscard]] int place(const Pool& pool, int vm) override;

 private:
  void watch_demand(const Draft& draft);
  [[nodiscard]] bool needed_for_the_peak(const Draft& draft, int node) const;
  void retire_where_vms_ended(Draft& draft);
  static void note_that_none_ended(Draft& draft);
  void move_overdue(Draft& draft);
  void move_all(Draft& draft, int node);
  [[nodiscard]] int next_in_turn(const Draft& draft, int vm, bool in_use);
  void remember(const Pool& pool);

  const ConsolidationSettings settings_;
  std::map<std::string, std::string> node_of_;  // by uid of the VM: the node where it was
  std::string last_;                            // the node whose turn it was
  std::map<std::string, int> ended_;            // VMs, by node, that the peak has held in service since
  bool any_ended_ = false;                      // a VM, since the first call
  std::map<Instant, double> peaks_;             // by hour, of the last day: the most CPU that all wanted together
};

}  // namespace drover
