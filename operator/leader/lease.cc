#include "leader/lease.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

namespace drover {
namespace {

using nlohmann::json;

// Longer ones than this are refused by nobody but mean that a dead holder is never replaced.
constexpr std::int64_t kMaxDurationSeconds = 3600;

std::optional<Instant> time_of(const json& spec, const char* field) {
  const auto found = spec.find(field);
  return found != spec.end() && found->is_string() ? parse_rfc3339(found->get_ref<const std::string&>()) : std::nullopt;
}

std::string text_of(const json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_of(const json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

}  // namespace

Result<Lease> parse_lease(const std::string& text) {
  const json root = json::parse(text, nullptr, false);
  if (!root.is_object() || !root.contains("metadata") || !root["metadata"].is_object()) {
    return Error{ErrorClass::Invalid, "the answer to a read of a Lease is no Lease"};
  }
  const json& metadata = root["metadata"];
  const json spec = root.contains("spec") && root["spec"].is_object() ? root["spec"] : json::object();
  Lease lease;
  lease.holder = text_of(spec, "holderIdentity");
  lease.duration = seconds{std::clamp<std::int64_t>(number_of(spec, "leaseDurationSeconds"), 0, kMaxDurationSeconds)};
  lease.acquired = time_of(spec, "acquireTime");
  lease.renewed = time_of(spec, "renewTime");
  lease.transitions = number_of(spec, "leaseTransitions");
  lease.resource_version = text_of(metadata, "resourceVersion");
  json kept = json::object();
  for (const char* field : {"labels", "annotations"}) {
    if (metadata.contains(field)) kept[field] = metadata[field];
  }
  if (!kept.empty()) lease.labels_and_annotations = kept.dump();
  return lease;
}

std::string to_json(const Lease& lease, const ObjectKey& key) {
  json metadata = lease.labels_and_annotations.empty() ? json::object() : json::parse(lease.labels_and_annotations, nullptr, false);
  metadata["name"] = key.name;
  metadata["namespace"] = key.ns;
  if (!lease.resource_version.empty()) metadata["resourceVersion"] = lease.resource_version;
  json spec = {{"holderIdentity", lease.holder}, {"leaseTransitions", lease.transitions}};
  // The API server takes no duration below one second.
  spec["leaseDurationSeconds"] = std::max<std::int64_t>(1, std::chrono::ceil<seconds>(lease.duration).count());
  if (lease.acquired) spec["acquireTime"] = to_rfc3339_micro(*lease.acquired);
  if (lease.renewed) spec["renewTime"] = to_rfc3339_micro(*lease.renewed);
  return json{{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}, {"metadata", metadata}, {"spec", spec}}.dump();
}

}  // namespace drover
