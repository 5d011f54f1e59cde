#include "sim/scenario.h"

#include <algorithm>

#include "base/quantity.h"

namespace drover::sim {

Scenario::Scenario() {
  kubevirt.present = true;
  kubevirt.version = "v1.8.0";
  kubevirt.phase = "Deployed";
}

std::string problem_of(const Scenario& scenario) {
  if (scenario.nodes.empty())
    return "nodes: there is none; name at least one, such as - {name: node, count: 3, cpu: 16, memory: 64 GiB}";
  if (scenario.vms.empty()) return "vms: there is none; name at least one, such as - {name: vm, count: 10, cpu: 2, memory: 4 GiB}";
  for (std::size_t i = 0; i < scenario.vms.size(); ++i) {
    const VmGroup& vm = scenario.vms[i];
    if (vm.captured) continue;  // it may well wait for a node, as it did in its cluster
    const std::int64_t memory = vm.memory_bytes + vm.memory_overhead_bytes;
    const bool fits = std::any_of(scenario.nodes.begin(), scenario.nodes.end(), [&](const NodeGroup& node) {
      return node.memory_bytes >= memory && node.cores * 1000 >= static_cast<double>(vm.cpu_request_milli) && node.pods > 0;
    });
    if (fits) continue;
    return "vms[" + std::to_string(i) + "]: a VM of group " + vm.name + " fits on no node: it needs " +
           std::to_string(vm.cpu_request_milli) + "m of CPU and " + bytes_text(memory) +
           " of memory with its overhead; make it smaller, or add a larger node";
  }
  return "";
}

}  // namespace drover::sim
