// The Lease object (coordination.k8s.io/v1) that leaders hold. Values and their JSON; no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "model/object.h"

namespace drover {

struct Lease {
  std::string holder;                  // spec.holderIdentity; empty: released
  Duration duration{};                 // spec.leaseDurationSeconds
  std::optional<Instant> acquired;     // spec.acquireTime
  std::optional<Instant> renewed;      // spec.renewTime; the holder's clock, for people only
  std::int64_t transitions = 0;        // spec.leaseTransitions
  std::string resource_version;        // empty: not in the cluster yet
  std::string labels_and_annotations;  // JSON object {"labels":..., "annotations":...} as read, so that an update keeps them
  friend bool operator==(const Lease&, const Lease&) = default;
};

// Invalid when it is no Lease.
[[nodiscard]] Result<Lease> parse_lease(const std::string& json);
[[nodiscard]] std::string to_json(const Lease& lease, const ObjectKey& key);

}  // namespace drover
