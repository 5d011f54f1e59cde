// Which VMs a policy selects, and which policies bound a VM. Pure functions.
#pragma once

#include <vector>

#include "model/cluster_view.h"

namespace drover {

// Label selector, namespace and, of a ClusterMigrationPolicy, namespace selector. A VM that has ended is never selected.
[[nodiscard]] bool selects(const ClusterView& view, const Policy& policy, const Vm& vm);

// Every VM that the policy selects, by key.
[[nodiscard]] std::vector<const Vm*> selected_vms(const ClusterView& view, const Policy& policy);

// Whether it selects any.
[[nodiscard]] bool selects_any(const ClusterView& view, const Policy& policy);

// The policies whose windows, cooldowns, targets and budgets hold for this VM, whoever moves it: all that select it, are valid and
// are not suspended. An owner's settings bound the operator's this way, and the other way round.
[[nodiscard]] std::vector<const Policy*> bounding_policies(const ClusterView& view, const Vm& vm);

// As the policy's status names a VM: "name", or "ns/name" in a ClusterMigrationPolicy.
[[nodiscard]] std::string status_name(const PolicyRef& policy, const ObjectKey& vm);
[[nodiscard]] ObjectKey vm_key(const PolicyRef& policy, const std::string& status_name);

}  // namespace drover
