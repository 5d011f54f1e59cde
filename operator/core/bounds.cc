#include "core/bounds.h"

#include "core/selection.h"

namespace drover {

Bounds::Bounds(const ClusterView& view, Instant now) : view_(view) {
  for (const auto& [key, policy] : view.policies) {
    if (binds(view, *policy)) all_.push_back({policy.get(), schedule_at(policy->spec, view.time_zones, now)});
  }
}

std::vector<const Bound*> Bounds::of(const Vm& vm) const {
  std::vector<const Bound*> found;
  for (const Bound& bound : all_) {
    if (selects(view_, *bound.policy, vm)) found.push_back(&bound);
  }
  return found;
}

std::vector<const Targets*> Bounds::targets_of(const Vm& vm) const {
  std::vector<const Targets*> found;
  for (const Bound* bound : of(vm)) found.push_back(&bound->policy->spec.targets);
  return found;
}

}  // namespace drover
