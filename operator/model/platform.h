// What the platform that runs the VMs says about moving them, in words that hold for each: whether it can, and how many at once.
// Filled by whoever reads the platform's configuration (reflect::Store, from the KubeVirt object); the decisions ask nothing else.
#pragma once

#include <cstdint>
#include <string>

#include "model/policy.h"

namespace drover {

// Whether VMs can be moved to a named node at all; otherwise why not, for the condition of every policy.
struct Platform {
  bool ready = false;
  ConditionReason reason = ConditionReason::KubeVirtAbsent;  // if it is not ready
  std::string problem;                                       // one sentence with the fix; "" when it is ready
  friend bool operator==(const Platform&, const Platform&) = default;
};

// Migrations that may run at once, whoever asks for them.
struct MigrationLimits {
  std::int64_t in_cluster = 5;
  std::int64_t out_of_node = 2;
  friend bool operator==(const MigrationLimits&, const MigrationLimits&) = default;
};

}  // namespace drover
