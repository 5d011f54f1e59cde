#include "core/selection.h"

#include <algorithm>

#include "core/window.h"

namespace drover {
namespace {

bool selects_namespace(const ClusterView& view, const Policy& policy, const std::string& ns) {
  if (!policy.ref.cluster_wide()) return ns == policy.ref.key.ns;
  const PolicySpec& spec = policy.spec;
  if (!spec.namespace_names.empty()) {
    const auto& names = spec.namespace_names;
    if (std::find(names.begin(), names.end(), ns) == names.end()) return false;
  }
  if (spec.namespaces.requirements.empty()) return true;
  const auto found = view.namespaces.find({"", ns});
  return found != view.namespaces.end() && spec.namespaces.matches(found->second->labels);
}

// Calls visit for each selected VM, by key, until it returns false. A namespaced policy needs only its own stretch of the table.
void visit_selected(const ClusterView& view, const Policy& policy, const auto& visit) {
  auto at = policy.ref.cluster_wide() ? view.vms.begin() : view.vms.lower_bound({policy.ref.key.ns, ""});
  SelectsInOrder selected(view, policy);
  for (; at != view.vms.end(); ++at) {
    if (!policy.ref.cluster_wide() && at->first.ns != policy.ref.key.ns) break;
    if (selected(*at->second) && !visit(*at->second)) break;
  }
}

}  // namespace

bool selects(const ClusterView& view, const Policy& policy, const Vm& vm) {
  return !vm.is_final() && selects_namespace(view, policy, vm.key.ns) && policy.spec.selector.matches(vm.labels);
}

bool SelectsInOrder::operator()(const ObjectKey& key, bool is_final, const Vm& vm) {
  if (ns_ != key.ns) {
    ns_ = key.ns;
    whole_ns_ = selects_namespace(view_, policy_, key.ns);
  }
  return whole_ns_ && !is_final && policy_.spec.selector.matches(vm.labels);
}

std::vector<const Vm*> selected_vms(const ClusterView& view, const Policy& policy) {
  std::vector<const Vm*> found;
  visit_selected(view, policy, [&](const Vm& vm) {
    found.push_back(&vm);
    return true;
  });
  return found;
}

std::int64_t selected_count(const ClusterView& view, const Policy& policy) {
  std::int64_t count = 0;
  visit_selected(view, policy, [&](const Vm&) {
    ++count;
    return true;
  });
  return count;
}

bool selects_any(const ClusterView& view, const Policy& policy) {
  bool any = false;
  visit_selected(view, policy, [&](const Vm&) {
    any = true;
    return false;
  });
  return any;
}

bool binds(const Policy& policy) {
  return !policy.spec.suspend && is_acted_on(policy.spec.settings);
}

std::string unreadable_limits(const ClusterView& view, const Policy& policy) {
  return policy.limits_problem.empty() ? window_problem(policy.spec, view.time_zones) : policy.limits_problem;
}

LimitsInForce limits_in_force(const Policy& policy, const PolicyRef* by) {
  if (policy.spec.mode == PolicyMode::Enforce || (by != nullptr && policy.ref == *by)) return {};
  const PolicySpec& spec = policy.spec;
  const PerVm defaults;
  return {.cooldown = spec.per_vm.cooldown != defaults.cooldown,
          .daily_moves = spec.per_vm.moves_per_day != defaults.moves_per_day,
          .budgets = !spec.budgets.empty() && (spec.budgets.size() > 1 || spec.budgets.front() != kDefaultBudget)};
}

std::vector<const Policy*> bounding_policies(const ClusterView& view, const Vm& vm, const PolicyRef* by) {
  std::vector<const Policy*> found;
  for (const auto& [key, policy] : view.policies) {
    const bool own = by != nullptr && policy->ref == *by;
    if (selects(view, *policy, vm) && (own || binds(*policy))) found.push_back(policy.get());
  }
  return found;
}

std::string name_of(const Policy& policy) {
  return (policy.ref.cluster_wide() ? "ClusterMigrationPolicy " : "MigrationPolicy ") + to_string(policy.ref.key);
}

std::string status_name(const PolicyRef& policy, const ObjectKey& vm) {
  return policy.cluster_wide() ? to_string(vm) : vm.name;
}

ObjectKey vm_key(const PolicyRef& policy, const std::string& name) {
  if (!policy.cluster_wide()) return {policy.key.ns, name};
  const auto slash = name.find('/');
  return slash == std::string::npos ? ObjectKey{"", name} : ObjectKey{name.substr(0, slash), name.substr(slash + 1)};
}

}  // namespace drover
