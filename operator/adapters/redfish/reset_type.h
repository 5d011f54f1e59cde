// Which ResetType an order is given with. Pure.
//
// What a controller says it allows is read and distrusted: firmware has been seen that runs two values into one, or says nothing.
// Order of preference, and what is never used (PowerCycle, GracefulRestart and their like, which end On): facts of DMTF's DSP0268
// and of what Ironic and Ansible do.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/power.h"

namespace drover::redfish {

struct ResetType {
  std::string name;      // "GracefulShutdown"
  bool toggles = false;  // PushPowerButton: what it does depends on the state, which must be certain
};

// Invalid when a list without faults has nothing for it: says what there is.
[[nodiscard]] Result<ResetType> reset_type(PowerRequest request, const std::vector<std::string>& allowed);

}  // namespace drover::redfish
