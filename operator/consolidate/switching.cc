#include "consolidate/switching.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace drover {
namespace {

// The node of the least rank among those that are accepted; of equals the first; -1: none.
template <typename Accept, typename Rank>
int least(const Draft& draft, Accept accept, Rank rank) {
  int best = -1;
  for (int n = 0; n < draft.nodes(); ++n) {
    if (accept(n) && (best < 0 || rank(n) < rank(best))) best = n;
  }
  return best;
}

double load(const Draft& draft, int node) {
  return std::max(draft.cpu_share(node), draft.memory_share(node));
}

bool may_be_taken_back(const Draft& draft, int node) {
  const NodeLife life = draft.life(node);
  return draft.node(node).receives && (life == NodeLife::Retiring || life == NodeLife::Draining || life == NodeLife::Empty);
}

// Whether the reserve would be on if `without` (or -1) were not. What is Empty is on: it is taken back at once.
bool reserve_holds(const Draft& draft, const ConsolidationSettings& settings, int without) {
  std::int64_t idle = 0;
  Amounts used;
  Amounts capacity;
  for (int n = 0; n < draft.nodes(); ++n) {
    const bool soon = (draft.life(n) == NodeLife::Empty || draft.life(n) == NodeLife::Waking) && draft.node(n).receives;
    if ((!draft.open(n) && !soon) || n == without) continue;
    idle += draft.count(n) == 0 ? 1 : 0;
    const Amounts& all = draft.node(n).capacity;
    capacity += all;
    used += {.cpu = draft.cpu_share(n) * all.cpu, .memory = draft.memory_share(n) * all.memory};
  }
  if (!settings.reserve_percent) return idle >= settings.reserve_nodes;
  const double factor = 1 + *settings.reserve_percent / 100;
  return capacity.cpu >= used.cpu * factor && capacity.memory >= used.memory * factor;
}

}  // namespace

int node_to_take_back(const Draft& draft, int vm, double limit) {
  return least(
      draft, [&](int n) { return may_be_taken_back(draft, n) && draft.fits(vm, n, limit); },
      [&](int n) { return std::pair(static_cast<int>(draft.life(n)), load(draft, n)); });
}

int node_to_wake(const Draft& draft, int vm, double limit) {
  return least(
      draft, [&](int n) { return draft.life(n) == NodeLife::Asleep && draft.node(n).receives && draft.fits(vm, n, limit); },
      [&](int n) { return draft.node(n).power.max_watts() / std::max(draft.node(n).capacity.cpu, 1e-9); });
}

int waking_node(const Draft& draft, int vm, double limit) {
  return least(
      draft, [&](int n) { return draft.life(n) == NodeLife::Waking && draft.node(n).receives && draft.fits(vm, n, limit); },
      [](int) { return 0; });
}

int lacks_of_reserve(const Draft& draft, const ConsolidationSettings& settings) {
  int idle = 0;
  int used = 0;
  for (int n = 0; n < draft.nodes(); ++n) {
    const bool on = draft.serves(n) || draft.life(n) == NodeLife::Empty || draft.life(n) == NodeLife::Waking;
    if (!on || !draft.node(n).receives) continue;
    ++(draft.count(n) == 0 ? idle : used);
  }
  const auto reserve = settings.reserve_percent ? static_cast<int>(std::ceil(used * *settings.reserve_percent / 100))
                                                : static_cast<int>(settings.reserve_nodes);
  return std::max(0, reserve - idle);
}

void admit_waiting(Draft& draft) {
  for (int v = 0; v < draft.vms(); ++v) {
    if (draft.vm(v).node >= 0 || draft.vm(v).moving_to >= 0) continue;
    const std::string name = to_string(draft.vm(v).key);
    int node = least(
        draft, [&](int n) { return draft.open(n) && draft.fits(v, n, 1); }, [&](int n) { return load(draft, n); });
    if (node < 0) {
      node = node_to_take_back(draft, v, 1);
      if (node >= 0) draft.order(node, NodeOrder::Act::TakeBack, "VM " + name + " waits for a node, and this one has room");
    }
    if (node < 0) node = waking_node(draft, v, 1);
    if (node < 0) {
      node = node_to_wake(draft, v, 1);
      if (node >= 0) draft.order(node, NodeOrder::Act::Wake, "VM " + name + " waits for a node, and none that is on has room");
    }
    if (node < 0) {
      draft.note("VM " + name + " waits, and no node of the pool has room for it, on or asleep");
    } else {
      draft.expect(v, node);
    }
  }
}

void order_empty(Draft& draft, const ConsolidationSettings& settings) {
  for (int n = 0; n < draft.nodes(); ++n) {
    if (draft.ordered(n) || draft.count(n) > 0) continue;
    const Duration been = draft.pool().now - draft.node(n).since;
    if (draft.life(n) == NodeLife::Empty) {
      if (been >= settings.power_down.after && reserve_holds(draft, settings, n)) {
        draft.order(n, NodeOrder::Act::Sleep, "it has been empty for " + to_string(been));
      }
    } else if (draft.life(n) == NodeLife::Active && draft.node(n).keeps_on.empty() && been >= settings.retirement_threshold &&
               reserve_holds(draft, settings, n)) {
      draft.order(n, NodeOrder::Act::Retire, draft.pool().why_spared(n));
    } else if (draft.life(n) == NodeLife::Asleep && draft.node(n).receives && draft.vms() > 0 &&
               !reserve_holds(draft, settings, -1)) {
      draft.order(n, NodeOrder::Act::Wake, "it is wanted as a reserve");
    }
  }
}

}  // namespace drover
