#include "core/node_power.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <vector>

namespace drover {
namespace {

// In words why the node's kubelet is to be brought up to date, or "".
std::string why_outdated(const Fleet& fleet, const Node& node) {
  if (node.kubelet_version.empty() || fleet.kubelet.empty() || fleet.kubelet == node.kubelet_version) return {};
  return "its kubelet is " + node.kubelet_version + ", and that of most nodes in service " + fleet.kubelet;
}

// Why others would mend, replace or delete the node while it is off, or "".
std::string why_others_would_not_have_it(const Node& node, const CoreOptions& options) {
  constexpr std::string_view kPaused = "drover.dev/health-checks-paused";
  if (node.labels.find("karpenter.sh/nodepool") != nullptr) return "Karpenter would replace it (label karpenter.sh/nodepool)";
  const auto scheme = node.provider_id.substr(0, node.provider_id.find(':'));
  for (const std::string_view cloud :
       {"aws", "gce", "azure", "openstack", "digitalocean", "hcloud", "oci", "ibm", "linode", "vsphere"}) {
    if (scheme == cloud) return "its cloud's controller would delete it while it is off (spec.providerID " + node.provider_id + ")";
  }
  const bool of_cluster_api = node.annotations.find("cluster.x-k8s.io/machine") != nullptr;
  const bool is_machine =
      node.annotations.find("machine.openshift.io/machine") != nullptr || (of_cluster_api && !options.tells_machines);
  if (!is_machine || node.labels.find(kPaused) != nullptr) return {};
  return "it is a Machine, and a MachineHealthCheck would replace it while it is off: pause those that cover it, or annotate its "
         "Machine "
         "cluster.x-k8s.io/skip-remediation, and then label the node " +
         std::string(kPaused);
}

bool as_many_wake_as_may(const Fleet& fleet) {
  constexpr double kWave = 0.1;  // of the nodes that rest
  return fleet.waking >= static_cast<std::size_t>(std::ceil(kWave * static_cast<double>(fleet.resting)));
}

}  // namespace

Fleet fleet_of(const ClusterView& view) {
  Fleet fleet;
  std::map<std::string_view, std::size_t> kubelets;
  std::size_t serving = 0;
  for (const auto& [key, node] : view.nodes) {
    const NodeLife life = node->marks.life;
    fleet.waking += life == NodeLife::Waking ? 1 : 0;
    fleet.resting += life == NodeLife::Waking || life == NodeLife::Asleep ? 1 : 0;
    if (life != NodeLife::Active || !node->ready) continue;
    ++serving;
    ++kubelets[node->kubelet_version];
  }
  for (const auto& [version, count] : kubelets) {
    if (2 * count > serving) fleet.kubelet = version;
  }
  return fleet;
}

PowerLimits limits_of(const ClusterView& view, const Node& node) {
  const PowerProfile* profile = view.power_profile(node);
  return profile != nullptr ? profile->limits : PowerLimits{};
}

std::string why_left_on(const Fleet& fleet, const Node& node, const PowerProfile& profile, const CoreOptions& options, Instant now,
                        std::optional<Instant>& due) {
  const PowerLimits& limits = profile.limits;
  const auto by_profile = [&](const char* field) { return "PowerProfile " + profile.name + ", " + field; };
  if (profile.model.idle_watts() <= profile.model.standby_watts)
    return "it draws no less when it is off (" + by_profile("model.standbyWatts") + ")";
  if (std::string why = why_others_would_not_have_it(node, options); !why.empty()) return why;
  if (std::string why = why_outdated(fleet, node); !why.empty()) return why;
  std::vector<Instant> lately;
  for (const Instant at : node.record.offs) {
    if (at > now - hours{24}) lately.push_back(at);
  }
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(limits.cycles_per_day, 0));
  if (lately.size() >= most) {
    if (most > 0) due = lately[lately.size() - most] + hours{24};
    return "it was switched off " + std::to_string(lately.size()) + " times within 24 hours (" + by_profile("limits.cyclesPerDay") +
           ")";
  }
  if (node.record.woken && now < *node.record.woken + limits.minimum_on) {
    due = *node.record.woken + limits.minimum_on;
    return "it was woken at " + to_rfc3339(*node.record.woken) + " and stays on for " + to_string(limits.minimum_on) + " (" +
           by_profile("limits.minimumOn") + ")";
  }
  return "";
}

std::string why_woken_for_upgrade(const ClusterView& view, const Fleet& fleet, const Node& node) {
  std::string why;
  if (!node.marks.platform.empty() && !view.kubevirt.version.empty() && node.marks.platform != view.kubevirt.version)
    why = "KubeVirt went from " + node.marks.platform + " to " + view.kubevirt.version + " while it slept";
  if (why.empty()) why = why_outdated(fleet, node);
  return why.empty() || as_many_wake_as_may(fleet) ? "" : why;
}

Duration break_even(const PowerModel& model) {
  const double saved_watts = model.idle_watts() - model.standby_watts;
  const Duration cycle = model.boot + model.shutdown;
  if (saved_watts <= 0) return hours{24 * 365};
  const double joules = model.boot_joules + model.shutdown_joules - model.standby_watts * to_seconds(cycle);
  return std::max(cycle, std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(joules / saved_watts, 1e7))));
}

Duration expected_wake(const ClusterView& view, const Node& node) {
  const auto own = wake_quantile(node.record, 0.5);
  return own ? *own : view.power_model(node).boot;
}

Duration wake_patience(const ClusterView& view, const Node& node) {
  constexpr std::size_t kKnown = 5;  // wakes from which its own are trusted
  constexpr double kSlack = 1.5;     // of the time that they take
  const PowerProfile* profile = view.power_profile(node);
  const Duration most = profile != nullptr ? profile->limits.wake_deadline : PowerLimits{}.wake_deadline;
  const auto own = wake_quantile(node.record, 0.95);
  if (!own || node.record.wakes.size() < kKnown) return most;
  return std::min(most, std::chrono::duration_cast<Duration>(kSlack * *own) + minutes{1});
}

std::string why_not_in_service(const ClusterView& view, const Node& node) {
  if (!node.ready) return "the node is not Ready";
  for (const Taint& taint : node.taints) {
    if (taint.key == "node.kubernetes.io/network-unavailable" || taint.key == "node.cilium.io/agent-not-ready")
      return "its network is not there yet (taint " + taint.key + ")";
  }
  if (node.labels.value_or(label::kSchedulable, "") != "true")
    return "its label " + std::string(label::kSchedulable) + " is not true: virt-handler has not reported yet";
  if (view.handler_is_ill(node.name)) return "the pod of virt-handler on it is not Ready";
  return "";
}

}  // namespace drover
