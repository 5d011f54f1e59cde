// When it is right to switch a node off, and to wake it, besides what the policy and its reserve say: what a cycle costs, how often
// it was off of late, whether it is back in service, and whether the cluster is being upgraded. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/options.h"
#include "model/cluster_view.h"

namespace drover {

// What is counted over all nodes, once for the next steps of all of them.
struct Fleet {
  std::string kubelet;      // the version of the kubelets of more than half of the nodes in service, or ""
  std::size_t waking = 0;   // nodes
  std::size_t resting = 0;  // nodes that sleep or wake
};
[[nodiscard]] Fleet fleet_of(const ClusterView& view);

// How long a node must have been empty before it is switched off. Long enough for its boot and shutdown to pay: a node that was
// empty for so long mostly stays so, and even at worst what they cost is no more than what staying on did.
[[nodiscard]] Duration break_even(const PowerModel& model);

// Of the profile that selects the node, or the defaults.
[[nodiscard]] PowerLimits limits_of(const ClusterView& view, const Node& node);

// Why an empty node is left on whatever the policy says, or "". `due` becomes when that changes by itself.
[[nodiscard]] std::string why_left_on(const Fleet& fleet, const Node& node, const PowerProfile& profile, const CoreOptions& options,
                                      Instant now, std::optional<Instant>& due);

// Why a node that sleeps is woken although nobody needs it: KubeVirt, or the kubelets of most nodes in service, went to another
// version while it slept. "" while as many wake as may at once, a tenth of those that rest.
[[nodiscard]] std::string why_woken_for_upgrade(const ClusterView& view, const Fleet& fleet, const Node& node);

// How long the node takes to serve from when it is woken: as half of its own last wakes took at most, or as its profile says that
// it boots.
[[nodiscard]] Duration expected_wake(const ClusterView& view, const Node& node);

// How long whoever waits for a node that is woken gives it, before another one is woken: by its own last wakes, or as long as its
// profile lets it take.
[[nodiscard]] Duration wake_patience(const ClusterView& view, const Node& node);

// Why VMs cannot run yet on a node that comes back, or "".
[[nodiscard]] std::string why_not_in_service(const ClusterView& view, const Node& node);

}  // namespace drover
