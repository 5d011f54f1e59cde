#include <algorithm>
#include <utility>

#include "books/production_books.h"

namespace drover {
namespace {

// Whose nodes are: the policy's that marked one, else the only one's that consolidates.
class Owners {
 public:
  explicit Owners(const ClusterView& view) {
    for (const auto& [key, policy] : view.policies) {
      if (std::holds_alternative<ConsolidationSettings>(policy->spec.settings)) by_uid_[policy->ref.uid] = to_string(key);
    }
    if (by_uid_.size() == 1) only_ = by_uid_.begin()->second;
  }
  [[nodiscard]] const std::string& of(const Node& node) const {
    const auto at = by_uid_.find(node.marks.policy_uid);
    return node.marks.policy_uid.empty() || at == by_uid_.end() ? only_ : at->second;
  }

 private:
  std::map<std::string, std::string> by_uid_;
  std::string only_;
};

struct Doing {
  EnergyState state = EnergyState::On;
  bool known = true;
};

// By its mark, unless its power driver knows better.
Doing doing_of(const Node& node, Powered powered) {
  switch (node.marks.life) {
    case NodeLife::PoweringOff:
      if (powered == Powered::Off) return {EnergyState::Standby};
      return {EnergyState::Shutdown};
    case NodeLife::Asleep: return {powered == Powered::On ? EnergyState::On : EnergyState::Standby, powered != Powered::On};
    case NodeLife::Waking: return {EnergyState::Boot};
    case NodeLife::Active:
    case NodeLife::Retiring:
    case NodeLife::Draining:
    case NodeLife::Empty:
    case NodeLife::Quarantined: break;
  }
  if (powered == Powered::Off) return {EnergyState::Standby};
  return {EnergyState::On, node.ready || powered == Powered::On};
}

bool is_copied(const ClusterView& view, const ObjectKey& vm) {
  const auto of = view.migrations_by_vm.find(vm);
  if (of == view.migrations_by_vm.end()) return false;
  return std::any_of(of->second.begin(), of->second.end(), [&](const ObjectKey& key) {
    const auto migration = view.migrations.find(key);
    return migration != view.migrations.end() && migration->second->phase == MigrationPhase::Running;
  });
}

void take_vms(const ClusterView& view, const UseTable& use, bool fresh, const Node& node, NodeSample& sample) {
  const double cores = static_cast<double>(amount(node.allocatable, kCpu)) / 1000;
  const auto vms = view.vms_by_node.find(node.name);
  double cpu = 0;
  bool all_known = fresh || vms == view.vms_by_node.end() || vms->second.empty();
  if (vms != view.vms_by_node.end()) {
    sample.vms = vms->second.size();
    for (const ObjectKey& key : vms->second) {
      const auto used = use.vms.find(key);
      if (!fresh || used == use.vms.end() || !used->second.cpu_cores) {
        all_known = false;
        continue;
      }
      const double served = *used->second.cpu_cores;
      cpu += served;
      sample.used.push_back({.vm = key,
                             .demanded = served + used->second.cpu_delay_cores.value_or(0),
                             .served = served,
                             .copied = is_copied(view, key)});
    }
  }
  if (all_known && cores > 0) sample.utilization = cpu / cores;
}

}  // namespace

ClusterSample sample_of(const ClusterView& view, const PowerTable& power, const UseTable& use, Duration max_age, Instant now) {
  ClusterSample sample;
  const bool fresh = use.sampled != Instant{} && now - use.sampled <= max_age;
  const Owners owners(view);
  sample.nodes.reserve(view.nodes.size());
  for (const auto& [key, node] : view.nodes) {
    NodeSample one;
    one.name = node->name;
    one.policy = owners.of(*node);
    one.power = view.power_model(*node);
    if (const PowerProfile* profile = view.power_profile(*node)) one.profile = profile->name;
    const auto [state, known] = doing_of(*node, power.state(node->name, now - max_age));
    one.state = state;
    one.known = known;
    if (const MeterReading* meter = meter_of(power, use, node->name, now - max_age)) one.meter = *meter;
    take_vms(view, use, fresh, *node, one);
    sample.nodes.push_back(std::move(one));
  }
  return sample;
}

}  // namespace drover
