#include "papers/baseline_mbfd.h"

#include <algorithm>
#include <utility>

#include "base/index.h"

namespace drover::papers {
HostLoads::HostLoads(const Pool& pool)
    : pool_(pool), host_(pool.vms.size(), -1), cpu_(pool.nodes.size(), 0), count_(pool.nodes.size(), 0) {
  for (std::size_t v = 0; v < pool.vms.size(); ++v) {
    if (pool.vms[v].node >= 0) put_on(static_cast<int>(v), pool.vms[v].node);
  }
}

void HostLoads::take_off(int vm) {
  const int host = host_[index(vm)];
  cpu_[index(host)] -= pool_.vms[index(vm)].demand.cpu;
  if (--count_[index(host)] == 0) cpu_[index(host)] = 0;
  host_[index(vm)] = -1;
}

void HostLoads::put_on(int vm, int host) {
  cpu_[index(host)] += pool_.vms[index(vm)].demand.cpu;
  ++count_[index(host)];
  host_[index(vm)] = host;
}

void place_mbfd(const Pool& pool, HostLoads& plan, std::vector<int> vms, double cap) {
  std::stable_sort(vms.begin(), vms.end(),
                   [&](int a, int b) { return pool.vms[index(a)].demand.cpu > pool.vms[index(b)].demand.cpu; });
  for (const int vm : vms) {
    const double demand = pool.vms[index(vm)].demand.cpu;
    std::pair<double, double> best;  // rise of power, room left
    int target = -1;
    for (int host = 0; host < static_cast<int>(pool.nodes.size()); ++host) {
      const PoolNode& node = pool.nodes[index(host)];
      const double room = cap * node.capacity.cpu - plan.cpu(host);
      if (demand > room) continue;
      const double before = plan.in_use(host) ? node.power.watts_at(plan.cpu(host) / node.capacity.cpu) : 0;
      const double rise = node.power.watts_at((plan.cpu(host) + demand) / node.capacity.cpu) - before;
      if (target < 0 || std::pair(rise, room) < best) {
        best = {rise, room};
        target = host;
      }
    }
    plan.put_on(vm, target >= 0 ? target : pool.vms[index(vm)].node);
  }
}

std::vector<Relocation> moves_of(const Pool& pool, const HostLoads& plan) {
  std::vector<Relocation> moves;
  for (std::size_t v = 0; v < pool.vms.size(); ++v) {
    const int host = plan.host_of(static_cast<int>(v));
    if (host != pool.vms[v].node) moves.push_back({.vm = static_cast<int>(v), .target = host, .reason = ""});
  }
  return moves;
}

}  // namespace drover::papers
