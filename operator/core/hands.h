// Hands: what people and other controllers do to nodes that Drover would lead, as far as it can be told. A cordon or a drain of a
// node that Drover has cordoned leaves no trace of its own; whoever works on a node says so with the label drover.dev/hands-off.
// Pure.
#pragma once

#include <optional>
#include <string>

#include "model/cluster_view.h"

namespace drover {

// Why the node is left as it is: neither put to rest, nor taken back, nor woken; or "". It bears the label, or the taint of a
// drain, a remediation or an autoscaler.
[[nodiscard]] std::string held_by_others(const Node& node);

// Why the node is left as it is because another operator holds its Lease (model/node_lease.h), or "". `due` becomes when that runs
// out. Drover takes none itself: a person may put a node that sleeps under maintenance.
[[nodiscard]] std::string leased_to_others(const ClusterView& view, const Node& node, Instant now, std::optional<Instant>& due);

// "a person wishes it in service ..." while somebody does, or "".
[[nodiscard]] std::string kept_by_wish(const Node& node, Instant now);

// Whether a node at rest was uncordoned, and so is wanted back.
[[nodiscard]] bool is_uncordoned_by_hand(const Node& node);

}  // namespace drover
