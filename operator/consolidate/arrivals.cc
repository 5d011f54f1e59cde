#include "consolidate/arrivals.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/index.h"
#include "consolidate/price.h"

namespace drover {
namespace {

bool fits(const Amounts& what, const Amounts& room) {
  return what.cpu <= room.cpu && what.memory <= room.memory;
}

Amounts free_room(const Pool& pool, int node) {
  Amounts room = pool.nodes[index(node)].capacity;
  for (const PoolVm& vm : pool.vms) {
    if (vm.node == node || vm.moving_to == node) room -= vm.reserved;
  }
  return room;
}

// The VMs, of those that wait in order of memory, that the node is to take.
std::vector<int> fill(const Pool& pool, int node, const std::vector<int>& waiting) {
  Amounts room = free_room(pool, node);
  std::vector<int> chosen;
  const auto reserved = [&](int vm) -> const Amounts& { return pool.vms[index(vm)].reserved; };
  for (const int vm : waiting) {
    if (!fits(reserved(vm), room) || !pool.allows(vm, node)) continue;
    chosen.push_back(vm);
    room -= reserved(vm);
  }
  for (auto place = chosen.rbegin(); place != chosen.rend(); ++place) {
    const Amounts without = room + reserved(*place);
    int best = *place;
    for (const int vm : waiting) {
      if (reserved(vm).cpu <= reserved(best).cpu || !fits(reserved(vm), without) || !pool.allows(vm, node)) continue;
      if (std::find(chosen.begin(), chosen.end(), vm) == chosen.end()) best = vm;
    }
    *place = best;
    room = without - reserved(best);
  }
  return chosen;
}

}  // namespace

bool can_arrive(const Pool& pool, int vm, int node) {
  const PoolNode& n = pool.nodes[index(node)];
  return n.life == NodeLife::Active && n.receives && pool.allows(vm, node) &&
         fits(pool.vms[index(vm)].reserved, free_room(pool, node));
}

std::map<std::string, int> lay_out_arrivals(const Pool& pool) {
  std::vector<int> nodes(pool.nodes.size());
  std::iota(nodes.begin(), nodes.end(), 0);
  std::erase_if(nodes, [&](int n) { return pool.nodes[index(n)].life != NodeLife::Active || !pool.nodes[index(n)].receives; });
  const std::vector<double> watts = watts_for_the_pool(pool);
  std::stable_sort(nodes.begin(), nodes.end(), [&](int a, int b) { return watts[index(a)] < watts[index(b)]; });
  std::vector<int> waiting;
  for (int vm = 0; vm < static_cast<int>(pool.vms.size()); ++vm) {
    if (pool.vms[index(vm)].node < 0) waiting.push_back(vm);
  }
  std::stable_sort(waiting.begin(), waiting.end(),
                   [&](int a, int b) { return pool.vms[index(a)].reserved.memory < pool.vms[index(b)].reserved.memory; });
  std::map<std::string, int> places;
  for (const int node : nodes) {
    if (waiting.empty()) break;
    for (const int vm : fill(pool, node, waiting)) {
      places[pool.vms[index(vm)].uid] = node;
      std::erase(waiting, vm);
    }
  }
  return places;
}

}  // namespace drover
