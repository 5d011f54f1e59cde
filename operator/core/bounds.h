// Bounds: the policies that bound VMs at one moment, with what their schedules say then. What does not depend on the VM is worked
// out once, so that asking for each of thousands of VMs is cheap. Refers to the view, which must outlive it. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/window.h"
#include "model/cluster_view.h"

namespace drover {

struct Bound {
  const Policy* policy = nullptr;
  bool for_others = true;  // or only for the policy's own moves
  std::string unreadable;  // why nothing may move the VMs, or ""
  ScheduleAnswer schedule;
};

class Bounds {
 public:
  Bounds(const ClusterView& view, Instant now);

  // As bounding_policies() (core/selection.h), in the same order.
  [[nodiscard]] std::vector<const Bound*> of(const Vm& vm, const PolicyRef* by = nullptr) const;
  // All that select the VM and are not suspended, whether or not they bind.
  [[nodiscard]] std::vector<const Policy*> selecting(const Vm& vm) const;
  [[nodiscard]] std::vector<const Targets*> targets_of(const Vm& vm, const PolicyRef* by = nullptr) const;

 private:
  const ClusterView& view_;
  std::vector<Bound> all_;  // not suspended
};

}  // namespace drover
