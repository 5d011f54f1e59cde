// Who works on a node, as the operators of medik8s agree on it: a Lease of the node's name in a namespace of their own
// (coordination.k8s.io/v1; medik8s/common, pkg/lease). NodeMaintenance and the remediators take it before they act.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace drover {

inline constexpr std::string_view kNodeLeases = "medik8s-leases";  // the namespace; the Lease of node n1 is "node-n1"

struct NodeLease {
  std::string holder;            // spec.holderIdentity; "": nobody
  std::optional<Instant> until;  // spec.renewTime and spec.leaseDurationSeconds later, by the holder's clock; empty: it is not said
  [[nodiscard]] bool is_held(Instant now) const { return !holder.empty() && (!until || now < *until); }
  friend bool operator==(const NodeLease&, const NodeLease&) = default;
};

}  // namespace drover
