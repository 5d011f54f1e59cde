#include "consolidate/price.h"

#include <algorithm>
#include <cmath>
#include <map>

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

std::string why_it_draws_more_elsewhere(const Packing& plan, int node, const std::vector<Relocation>& moves) {
  if (moves.empty()) return {};
  const auto watts = [&](int at, double cpu) {
    const PoolNode& n = plan.node(at);
    return n.power.watts_at(cpu / std::max(n.capacity.cpu, 1e-9));
  };
  std::map<int, double> gained;  // CPU, by target
  double moved = 0;
  for (const Relocation& move : moves) {
    gained[move.target] += plan.forecast(move.vm).next;
    moved += plan.forecast(move.vm).next;
  }
  double more = 0;
  for (const auto& [target, cpu] : gained)
    more += watts(target, plan.load(target).next + cpu) - watts(target, plan.load(target).next);
  const PoolNode& n = plan.node(node);
  const double all = plan.load(node).next;
  const double share =
      static_cast<double>(moves.size()) / static_cast<double>(std::max<std::size_t>(plan.load(node).vms.size(), 1));
  const double less =
      share * (n.power.idle_watts() - n.power.standby_watts) + watts(node, all) - watts(node, std::max(0.0, all - moved));
  if (more < less) return {};
  return "its VMs would draw " + std::to_string(std::lround(more)) + " W more on the nodes that they go to, and it " +
         std::to_string(std::lround(less)) + " W less";
}

}  // namespace drover
