#include "consolidate/price.h"

#include <algorithm>

namespace drover {

std::vector<double> watts_for_the_pool(const Pool& pool) {
  Amounts all;
  for (const PoolVm& vm : pool.vms) {
    all.cpu += std::max(vm.reserved.cpu, vm.measured ? vm.demand.cpu : 0);
    all.memory += vm.reserved.memory;
  }
  if (all.cpu <= 0) all.cpu = 1;  // then CPU ranks them as far as memory does not
  std::vector<double> watts;
  watts.reserve(pool.nodes.size());
  for (const PoolNode& node : pool.nodes) {
    const double by_cpu = all.cpu / std::max(node.capacity.cpu, 1e-9);  // nodes like it that hold the pool
    const double by_memory = all.memory / std::max(node.capacity.memory, 1e-9);
    watts.push_back(std::max(by_cpu, by_memory) * node.power.idle_watts() +
                    by_cpu * (node.power.max_watts() - node.power.idle_watts()));
  }
  return watts;
}

}  // namespace drover
