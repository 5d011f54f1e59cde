// coordination.k8s.io/v1 Lease, the record that leader election turns on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/object.h"

namespace drover {

struct Lease {
  ObjectKey key;
  std::string uid;
  std::string resource_version;     // empty for a create; otherwise the write holds only against this version
  std::string holder;               // spec.holderIdentity; empty: nobody holds it
  Duration duration{};              // spec.leaseDurationSeconds, whole seconds
  std::optional<Instant> acquired;  // spec.acquireTime
  std::optional<Instant> renewed;   // spec.renewTime
  std::int64_t transitions = 0;     // spec.leaseTransitions
  friend bool operator==(const Lease&, const Lease&) = default;
};

[[nodiscard]] Result<Lease> decode_lease(std::string_view json);
[[nodiscard]] std::string encode_lease(const Lease& lease);

}  // namespace drover
