// MigrationPolicy and ClusterMigrationPolicy (policy.drover.dev/v1alpha1). Both read the same way; a cluster policy is known by
// its empty namespace.
//
// What cannot be acted upon (a bad duration or percentage, a union with none or two members, a missing level, a wrong JSON type)
// becomes Policy::problem, which names field and fix, and Policy::limits_problem if it is about what bounds others: a policy never
// goes unseen for a mistake in it. An Error is left for malformed text and unreadable metadata. Cron expressions and time zones are
// checked elsewhere (core::Cron, adapters/time_zone).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/policy.h"

namespace drover {

class JsonValue;

[[nodiscard]] Result<Policy> decode_policy(std::string_view json);
// As a person wrote it: Invalid too for a field that there is none of, by its path, as kubectl refuses it.
[[nodiscard]] Result<Policy> decode_policy_strictly(std::string_view json);
[[nodiscard]] Policy read_policy(JsonValue object);
[[nodiscard]] PolicyStatus read_policy_status(JsonValue status);

// The body of a server-side apply of the status subresource: apiVersion, kind, metadata.name(space) and the whole status.
[[nodiscard]] std::string encode_policy_status(const PolicyRef& ref, const PolicyStatus& status);

}  // namespace drover
