#include <utility>

#include "books/production_books.h"

namespace drover {
namespace {

// Whose the node is: the policy that marked it, else the only one that consolidates.
std::string policy_of(const ClusterView& view, const Node& node) {
  std::string only;
  int policies = 0;
  for (const auto& [key, policy] : view.policies) {
    if (!std::holds_alternative<ConsolidationSettings>(policy->spec.settings)) continue;
    if (!node.marks.policy_uid.empty() && policy->ref.uid == node.marks.policy_uid) return to_string(key);
    ++policies;
    only = to_string(key);
  }
  return policies == 1 ? only : "";
}

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

void take_vms(const ClusterView& view, const UseTable& use, bool fresh, const Node& node, NodeSample& sample, ClusterSample& to) {
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
      cpu += *used->second.cpu_cores;
      to.vms.push_back({.vm = key, .node = node.name, .cpu = *used->second.cpu_cores});
    }
  }
  if (all_known && cores > 0) sample.utilization = cpu / cores;
}

}  // namespace

ClusterSample sample_of(const ClusterView& view, const PowerTable& power, const UseTable& use, Duration max_age, Instant now) {
  ClusterSample sample;
  const bool fresh = use.sampled != Instant{} && now - use.sampled <= max_age;
  for (const auto& [key, node] : view.nodes) {
    NodeSample one;
    one.name = node->name;
    one.policy = policy_of(view, *node);
    one.power = view.power_model(*node);
    if (const PowerProfile* profile = view.power_profile(*node)) one.profile = profile->name;
    const auto [state, known] = doing_of(*node, power.state(node->name, now - max_age));
    one.state = state;
    one.known = known;
    const auto reading = power.nodes.find(node->name);
    if (reading != power.nodes.end() && now - reading->second.asked <= max_age) one.meter = reading->second.meter;
    take_vms(view, use, fresh, *node, one, sample);
    sample.nodes.push_back(std::move(one));
  }
  return sample;
}

}  // namespace drover
