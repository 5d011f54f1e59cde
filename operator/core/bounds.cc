#include "core/bounds.h"

#include "core/selection.h"

namespace drover {

Bounds::Bounds(const ClusterView& view, Instant now) : view_(view) {
  for (const auto& [key, policy] : view.policies) {
    if (policy->spec.suspend) continue;
    all_.push_back(
        {policy.get(), binds(*policy), unreadable_limits(view, *policy), schedule_at(policy->spec, view.time_zones, now)});
  }
}

std::vector<const Bound*> Bounds::of(const Vm& vm, const PolicyRef* by) const {
  std::vector<const Bound*> found;
  for (const Bound& bound : all_) {
    const bool holds = bound.for_others || (by != nullptr && bound.policy->ref == *by);
    if (holds && selects(view_, *bound.policy, vm)) found.push_back(&bound);
  }
  return found;
}

std::vector<const Policy*> Bounds::selecting(const Vm& vm) const {
  std::vector<const Policy*> found;
  for (const Bound& bound : all_) {
    if (selects(view_, *bound.policy, vm)) found.push_back(bound.policy);
  }
  return found;
}

std::vector<const Targets*> Bounds::targets_of(const Vm& vm, const PolicyRef* by) const {
  std::vector<const Targets*> found;
  for (const Bound* bound : of(vm, by)) found.push_back(&bound->policy->spec.targets);
  return found;
}

}  // namespace drover
