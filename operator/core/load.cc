#include "core/load.h"

#include <algorithm>

namespace drover {
namespace {

void grow(Demand& demand, const Demand& by, double sign = 1) {
  demand.cpu_cores += sign * by.cpu_cores;
  demand.memory_bytes += sign * by.memory_bytes;
}

double pressure(const Demand& demand, double cpu_cores, double memory_bytes) {
  return std::max(demand.cpu_cores / cpu_cores, demand.memory_bytes / memory_bytes);
}

Demand most_of(const Vm& vm) {
  return {static_cast<double>(vm.vcpus), static_cast<double>(vm.memory_bytes)};
}

}  // namespace

std::optional<Demand> demand_of(const UseTable& use, const ObjectKey& vm) {
  const auto found = use.vms.find(vm);
  if (found == use.vms.end() || !found->second.cpu_cores || !found->second.memory_bytes) return std::nullopt;
  return Demand{*found->second.cpu_cores + found->second.cpu_delay_cores.value_or(0), *found->second.memory_bytes};
}

Loads::Loads(const ClusterView& view, const UseTable& use, const Plan& plan) {
  for (const auto& [key, node] : view.nodes) {
    NodeLoad& load = nodes_[node->name];
    load.cpu_cores = static_cast<double>(amount(node->allocatable, kCpu)) / 1000.0;
    load.memory_bytes = static_cast<double>(amount(node->allocatable, kMemory));
  }
  for (const auto& [key, vm] : view.vms) {
    if (vm->is_final()) continue;
    const auto demand = demand_of(use, key);
    const PlannedMove* move = plan.find(key);
    if (const auto at = nodes_.find(vm->node); at != nodes_.end()) {
      NodeLoad& load = at->second;
      if (!demand) ++load.unknown;
      grow(load.most, demand ? *demand : most_of(*vm));
      if (demand && move == nullptr) grow(load.staying, *demand);
    }
    if (move == nullptr || move->target.empty() || move->target == vm->node) continue;
    if (const auto at = nodes_.find(move->target); at != nodes_.end()) {
      if (!demand) ++at->second.unknown;
      grow(at->second.most, demand ? *demand : most_of(*vm));
    }
  }
}

std::optional<double> Loads::pressure_now(const std::string& node) const {
  const auto at = nodes_.find(node);
  if (at == nodes_.end() || at->second.cpu_cores <= 0 || at->second.memory_bytes <= 0) return std::nullopt;
  return pressure(at->second.staying, at->second.cpu_cores, at->second.memory_bytes);
}

std::optional<double> Loads::pressure_with(const std::string& node, const Demand& extra) const {
  const auto at = nodes_.find(node);
  if (at == nodes_.end() || at->second.cpu_cores <= 0 || at->second.memory_bytes <= 0) return std::nullopt;
  Demand demand = at->second.most;
  grow(demand, extra);
  return pressure(demand, at->second.cpu_cores, at->second.memory_bytes);
}

int Loads::unknown_on(const std::string& node) const {
  const auto at = nodes_.find(node);
  return at == nodes_.end() ? 0 : at->second.unknown;
}

void Loads::arrive(const std::string& node, const Demand& demand) {
  if (const auto at = nodes_.find(node); at != nodes_.end()) grow(at->second.most, demand);
}

void Loads::leave(const std::string& node, const Demand& demand) {
  if (const auto at = nodes_.find(node); at != nodes_.end()) grow(at->second.staying, demand, -1);
}

}  // namespace drover
