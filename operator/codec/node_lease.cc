#include "codec/node_lease.h"

#include <algorithm>
#include <cstdint>

namespace drover {

NodeLease read_node_lease(JsonValue object) {
  NodeLease lease;
  std::optional<Instant> renewed;
  std::optional<std::int64_t> length;  // seconds
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      (void)read_metadata(value, Keep::None, no_annotations);
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "holderIdentity") lease.holder = field.string();
        if (name == "renewTime") renewed = field.instant();
        if (name == "leaseDurationSeconds") length = field.integer();
      });
    }
  });
  constexpr std::int64_t kMost = 1'000'000'000;
  if (renewed && length) lease.until = *renewed + seconds{std::clamp<std::int64_t>(*length, 0, kMost)};
  return lease;
}

}  // namespace drover
