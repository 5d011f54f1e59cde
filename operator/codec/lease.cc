#include "codec/lease.h"

#include "codec/json_value.h"
#include "codec/write.h"

namespace drover {
namespace {

Lease read_lease(JsonValue object) {
  Lease lease;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      Metadata meta = read_metadata(value, Keep::None, no_annotations);
      lease.key = std::move(meta.key);
      lease.uid = std::move(meta.uid);
      lease.resource_version = value.context().resource_version;
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "holderIdentity") {
          lease.holder = field.string();
        } else if (name == "leaseDurationSeconds") {
          lease.duration = seconds{field.integer() & 0x7FFFFFFF};  // int32 in the API
        } else if (name == "acquireTime") {
          lease.acquired = field.instant();
        } else if (name == "renewTime") {
          lease.renewed = field.instant();
        } else if (name == "leaseTransitions") {
          lease.transitions = field.integer();
        }
      });
    }
  });
  return lease;
}

}  // namespace

Result<Lease> decode_lease(std::string_view json) {
  return decode_one<Lease>("leases.coordination.k8s.io", json, read_lease);
}

std::string encode_lease(const Lease& lease) {
  nlohmann::json metadata = {{"name", lease.key.name}, {"namespace", lease.key.ns}};
  if (!lease.uid.empty()) metadata["uid"] = lease.uid;
  if (!lease.resource_version.empty()) metadata["resourceVersion"] = lease.resource_version;
  nlohmann::json spec = {{"leaseDurationSeconds", std::chrono::floor<seconds>(lease.duration).count()},
                         {"leaseTransitions", lease.transitions}};
  if (!lease.holder.empty()) spec["holderIdentity"] = lease.holder;
  if (lease.acquired) spec["acquireTime"] = to_rfc3339_micro(*lease.acquired);
  if (lease.renewed) spec["renewTime"] = to_rfc3339_micro(*lease.renewed);
  return write::text(
      {{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}});
}

}  // namespace drover
