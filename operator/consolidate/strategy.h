// Strategy: how a pool of nodes is packed. One strategy, one file; all stand behind this interface.
//
// A strategy advises; it never acts. Whoever asks it carries its advice out as far as budgets, windows, cooldowns and KubeVirt's
// limits allow, and asks again at the next interval with the pool as it is by then: so the advice must be whole each time, and what
// was not carried out is simply advised again. A strategy may remember what it saw (demand, VMs that ended); a restart may lose it.
// It takes no more work than the size of the pool bounds, and ends within a fraction of a second once the pool says that nobody
// waits for its advice any more.
//
// The same pools in the same order give the same advice. Thread safety: none; one thread at a time asks it, not always the same.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "consolidate/pool.h"
#include "model/policy.h"

namespace drover {

struct Relocation {
  int vm = -1;
  int target = -1;
  bool relief = false;  // it cures an overload; the others pack
  std::string reason;   // one sentence for the VM's owner, with the figures
};

struct NodeOrder {
  enum class Act {
    Retire,    // accept no VM any more; its VMs end or are moved, then it is Empty
    TakeBack,  // Retiring, Draining or Empty: Active again
    Wake,      // Asleep: power on
    Sleep,     // Empty: power down, if the policy allows it
  };
  int node = -1;
  Act act = Act::Retire;
  std::string reason;
};

struct Advice {
  std::vector<NodeOrder> orders;
  std::vector<Relocation> moves;   // in an order in which they can be carried out one after another
  std::vector<std::string> notes;  // for explain: the rules that fired and how strongly, the bound and the gap
};

class Strategy {
 public:
  Strategy() = default;
  Strategy(const Strategy&) = delete;
  Strategy& operator=(const Strategy&) = delete;
  virtual ~Strategy() = default;

  // Called once at every interval of the policy.
  [[nodiscard]] virtual Advice advise(const Pool& pool) = 0;

  // Where a VM that arrives (pool.vms[vm].node is -1) had best run: an index, or -1 when no node that is on can take it. Only where
  // Drover places VMs itself; in Kubernetes the scheduler does.
  [[nodiscard]] virtual int place(const Pool& pool, int vm) = 0;
};

// The strategy that the settings name, with those settings.
[[nodiscard]] std::unique_ptr<Strategy> make_strategy(const ConsolidationSettings& settings);

}  // namespace drover
