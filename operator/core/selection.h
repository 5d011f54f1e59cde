// Which VMs a policy selects, and which policies bound a VM. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/cluster_view.h"

namespace drover {

// Label selector, namespace and, of a ClusterMigrationPolicy, namespace selector. A VM that has ended is never selected.
[[nodiscard]] bool selects(const ClusterView& view, const Policy& policy, const Vm& vm);

// The same, asked of many VMs in order of key: each namespace is looked at once. Keeps references to its arguments.
class SelectsInOrder {
 public:
  SelectsInOrder(const ClusterView& view, const Policy& policy) : view_(view), policy_(policy) {}
  [[nodiscard]] bool operator()(const Vm& vm) { return (*this)(vm.key, vm.is_final(), vm); }
  // Given some of what the VM says, so that it is looked at only if need be.
  [[nodiscard]] bool operator()(const ObjectKey& key, bool is_final, const Vm& vm);

 private:
  const ClusterView& view_;
  const Policy& policy_;
  std::optional<std::string> ns_;  // that was asked about last
  bool whole_ns_ = false;
};

// Whether the policy bounds the VMs that it selects, whoever moves them: it is not suspended, and its type is acted on. A mistake
// in it makes it no weaker.
[[nodiscard]] bool binds(const Policy& policy);

// Why it is unknown what the policy asks of whoever moves its VMs, so that nothing may move them until it is mended; or "".
[[nodiscard]] std::string unreadable_limits(const ClusterView& view, const Policy& policy);

// Which of a policy's limits hold for the moves of policy `by` (null: of nobody in particular). Its own moves keep them all, and so
// does everyone if it enforces. Of one that recommends others keep what its author wrote: not what equals the defaults, which the
// API server writes into every policy.
struct LimitsInForce {
  bool cooldown = true;
  bool daily_moves = true;
  bool budgets = true;
};
[[nodiscard]] LimitsInForce limits_in_force(const Policy& policy, const PolicyRef* by);

// Every VM that the policy selects, by key.
[[nodiscard]] std::vector<const Vm*> selected_vms(const ClusterView& view, const Policy& policy);

[[nodiscard]] std::int64_t selected_count(const ClusterView& view, const Policy& policy);

// Whether it selects any.
[[nodiscard]] bool selects_any(const ClusterView& view, const Policy& policy);

// The policies whose windows, cooldowns, targets and budgets hold for this VM when policy `by` moves it (null: nobody in
// particular): `by` itself, and all that select the VM and bind. An owner's settings bound the operator's this way, and the other
// way round.
[[nodiscard]] std::vector<const Policy*> bounding_policies(const ClusterView& view, const Vm& vm, const PolicyRef* by = nullptr);

// For sentences: "ClusterMigrationPolicy calm".
[[nodiscard]] std::string name_of(const Policy& policy);

// As the policy's status names a VM: "name", or "ns/name" in a ClusterMigrationPolicy.
[[nodiscard]] std::string status_name(const PolicyRef& policy, const ObjectKey& vm);
[[nodiscard]] ObjectKey vm_key(const PolicyRef& policy, const std::string& status_name);

}  // namespace drover
