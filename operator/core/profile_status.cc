#include "core/profile_status.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "core/node_life.h"

namespace drover {
namespace {

// The share of the node's CPU that its VMs use; empty while one of them is unknown.
std::optional<double> utilization(const ClusterView& view, const UseTable& use, const Node& node) {
  const double cpus = static_cast<double>(amount(node.allocatable, kCpu)) / 1000;
  if (cpus <= 0) return std::nullopt;
  double used = 0;
  if (const auto vms = view.vms_by_node.find(node.name); vms != view.vms_by_node.end()) {
    for (const ObjectKey& vm : vms->second) {
      const auto at = use.vms.find(vm);
      if (at == use.vms.end() || !at->second.cpu_cores) return std::nullopt;
      used += *at->second.cpu_cores;
    }
  }
  return used / cpus;
}

void count(PowerProfileStatus& status, const Node& node) {
  ++status.nodes;
  if (node.marks.life == NodeLife::Asleep) ++status.asleep;
  if (node.marks.life == NodeLife::Quarantined) ++status.quarantined;
  const auto at = node.marks.life == NodeLife::Asleep ? std::optional(node.marks.since) : node.record.woken;
  if (at) status.last_transition = std::max(status.last_transition.value_or(*at), *at);
}

// What drivers remarked of machines, each remark once.
using Remarks = std::map<std::string, std::vector<std::string>>;  // the names of the nodes, by remark

void pass_on(const Remarks& remarks, std::string& message) {
  constexpr std::size_t kMost = 5;
  std::size_t told = 0;
  for (const auto& [remark, nodes] : remarks) {
    if (told++ == kMost) {
      message += "; and " + std::to_string(remarks.size() - kMost) + " remarks more";
      return;
    }
    const std::string others = nodes.size() > 1 ? " and " + std::to_string(nodes.size() - 1) + " more" : "";
    message += "; " + nodes.front() + others + ": " + remark;
  }
}

void conclude(PowerProfileStatus& status, const PowerProfile& profile, const std::string& unreachable, std::int64_t failing) {
  const std::string driver(to_string(profile.driver));
  const std::string nodes = std::to_string(status.nodes) + (status.nodes == 1 ? " node" : " nodes");
  status.ready = failing == 0;
  if (failing > 0) {
    status.reason = ProfileReason::DriverFails;
    status.message = "driver " + driver + " cannot be asked about " + std::to_string(failing) + " of " + nodes + "; " + unreachable;
  } else if (profile.driver == PowerDriverKind::None) {
    status.reason = ProfileReason::NoDriver;
    status.message = "its " + nodes + " are never switched off: spec.driver.type is None";
  } else if (status.nodes == 0) {
    status.reason = ProfileReason::NoNodes;
    status.message = "no node has this profile: see its nodeSelector, and the priority of others that select the same";
  } else {
    status.reason = ProfileReason::Acting;
    status.message = "driver " + driver + " switches " + nodes;
  }
}

}  // namespace

std::map<std::string, PowerProfileStatus> profile_statuses(const ClusterView& view, const PowerTable& power, const UseTable& use,
                                                           Instant now) {
  struct Gathered {
    PowerProfileStatus status;
    NodeRecord wakes;
    std::string unreachable;
    std::int64_t failing = 0;
    Remarks remarks;
  };
  std::map<std::string, Gathered> of;
  for (const auto& [key, profile] : view.power_profiles) of[profile->name];
  for (const auto& [key, node] : view.nodes) {
    const PowerProfile* profile = view.power_profile(*node);
    if (profile == nullptr) continue;
    Gathered& gathered = of[profile->name];
    count(gathered.status, *node);
    gathered.wakes.wakes.insert(gathered.wakes.wakes.end(), node->record.wakes.begin(), node->record.wakes.end());
    const auto reading = power.nodes.find(node->name);
    if (reading != power.nodes.end() && reading->second.asked >= now - kPowerMaxAge) {
      if (!reading->second.error.empty() && ++gathered.failing == 1)
        gathered.unreachable = node->name + ": " + reading->second.error;
      if (!reading->second.remark.empty()) gathered.remarks[reading->second.remark].push_back(node->name);
    }
    // What an enclosure draws is no node's own.
    const MeterReading* meter = meter_of(power, use, node->name, now - kPowerMaxAge);
    if (meter == nullptr || !meter->enclosure.empty() || node->marks.life != NodeLife::Active) continue;
    const auto used = utilization(view, use, *node);
    if (!used) continue;
    ++gathered.status.metered;
    gathered.status.measured_watts += meter->watts;
    gathered.status.modelled_watts += profile->model.watts_at(*used);
  }
  std::map<std::string, PowerProfileStatus> statuses;
  for (const auto& [key, profile] : view.power_profiles) {
    Gathered& gathered = of[profile->name];
    PowerProfileStatus& status = gathered.status;
    status.observed_generation = profile->generation;
    status.wake_p50 = wake_quantile(gathered.wakes, 0.5);
    status.wake_p95 = wake_quantile(gathered.wakes, 0.95);
    conclude(status, *profile, gathered.unreachable, gathered.failing);
    pass_on(gathered.remarks, status.message);
    const bool kept = profile->ready == status.ready && profile->ready_since != Instant{};
    status.since = kept ? profile->ready_since : std::chrono::floor<seconds>(now);
    statuses.emplace(profile->name, std::move(status));
  }
  return statuses;
}

bool differ_in_state(const PowerProfileStatus& a, const PowerProfileStatus& b) {
  PowerProfileStatus alike = a;
  alike.metered = b.metered;
  alike.measured_watts = b.measured_watts;
  alike.modelled_watts = b.modelled_watts;
  alike.since = b.since;
  alike.message = b.message;
  return alike != b;
}

}  // namespace drover
