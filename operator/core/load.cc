#include "core/load.h"

#include <algorithm>
#include <utility>

#include "base/alongside.h"
#include "base/check.h"

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

Roster roster_of(const ClusterView& view) {
  Roster roster;
  roster.update(view);
  return roster;
}

}  // namespace

std::optional<Demand> demand_of(const VmUse& use) {
  if (!use.cpu_cores || !use.memory_bytes) return std::nullopt;
  return Demand{*use.cpu_cores + use.cpu_delay_cores.value_or(0), *use.memory_bytes};
}

std::optional<Demand> demand_of(const UseTable& use, const ObjectKey& vm) {
  const auto found = use.vms.find(vm);
  return found == use.vms.end() ? std::nullopt : demand_of(found->second);
}

Loads::Loads(const ClusterView& view, const UseTable& use, const Plan& plan) : Loads(view, roster_of(view), use, plan) {}

Loads::Loads(const ClusterView& view, const Roster& roster, const UseTable& use, const Plan& plan) {
  DROVER_CHECK(roster.entries().size() == view.vms.size());  // it is up to date with the view
  nodes_.reserve(view.nodes.size());
  for (const Roster::NodeEntry& node : roster.nodes()) {
    NodeLoad& load = nodes_.emplace_back();
    load.name = node.node->name;  // the roster may go before
    load.cpu_cores = static_cast<double>(node.allocatable.cpu_milli) / 1000.0;
    load.memory_bytes = static_cast<double>(node.allocatable.memory_bytes);
    const Roster::Other other = roster.others_on(nodes_.size() - 1);
    load.staying = load.most = {static_cast<double>(other.cpu_milli) / 1000.0, static_cast<double>(other.memory_bytes)};
  }
  Alongside measured(use.vms);
  for (const Roster::Entry& entry : roster.entries()) {
    if (entry.is_final) continue;
    const VmUse* figures = measured.find(entry.key);
    const auto demand = figures != nullptr ? demand_of(*figures) : std::nullopt;
    const Demand most = demand ? *demand : most_of(*entry.vm);
    const PlannedMove* move = plan.find(entry.key);
    if (entry.node != Roster::kNowhere) {
      DROVER_CHECK(entry.node < nodes_.size());
      NodeLoad& load = nodes_[entry.node];
      grow(load.most, most);
      if (demand && move == nullptr) grow(load.staying, most);
    }
    if (move == nullptr || move->target.empty() || move->target == entry.vm->node) continue;
    if (NodeLoad* load = find(move->target)) grow(load->most, most);
  }
}

const Loads::NodeLoad* Loads::find(std::string_view node) const {
  const auto at = std::lower_bound(nodes_.begin(), nodes_.end(), node,
                                   [](const NodeLoad& load, std::string_view name) { return load.name < name; });
  return at != nodes_.end() && at->name == node ? &*at : nullptr;
}

Loads::NodeLoad* Loads::find(std::string_view node) {
  const NodeLoad* found = std::as_const(*this).find(node);
  return found == nullptr ? nullptr : &nodes_[static_cast<std::size_t>(found - nodes_.data())];
}

std::optional<double> Loads::pressure_now(const std::string& node) const {
  const NodeLoad* load = find(node);
  if (load == nullptr || load->cpu_cores <= 0 || load->memory_bytes <= 0) return std::nullopt;
  return pressure(load->staying, load->cpu_cores, load->memory_bytes);
}

std::optional<double> Loads::pressure_with(const std::string& node, const Demand& extra) const {
  const NodeLoad* load = find(node);
  if (load == nullptr) return std::nullopt;
  return pressure_with(static_cast<std::size_t>(load - nodes_.data()), extra);
}

std::optional<double> Loads::pressure_with(std::size_t number, const Demand& extra) const {
  const NodeLoad& load = nodes_.at(number);
  if (load.cpu_cores <= 0 || load.memory_bytes <= 0) return std::nullopt;
  Demand demand = load.most;
  grow(demand, extra);
  return pressure(demand, load.cpu_cores, load.memory_bytes);
}

void Loads::arrive(const std::string& node, const Demand& demand) {
  if (NodeLoad* load = find(node)) grow(load->most, demand);
}

void Loads::leave(const std::string& node, const Demand& demand) {
  if (NodeLoad* load = find(node)) grow(load->staying, demand, -1);
}

}  // namespace drover
