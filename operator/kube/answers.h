// What an answer of the API server means for the next step: HTTP status and Kubernetes Status body to Error.
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ports/http_transport.h"
#include "ports/kube_api.h"

namespace drover::kube {

// What was asked, as far as the meaning of an answer and the words of an Error depend on it.
struct Asked {
  std::string_view verb;  // RBAC's word: get, list, watch, create, update, patch, delete
  const ResourceType* type;
  ObjectKey key{};            // name empty for a collection or for a create
  std::string subresource{};  // "status"
  bool changes = false;       // an object may be stored or changed: false for reads and dry runs
};

[[nodiscard]] bool is_success(const HttpResponse& response);

// "create virtualmachineinstancemigrations.kubevirt.io vms/move-1"
[[nodiscard]] std::string describe(const Asked& asked);

// The Error of an answer that is no success. `credentials` names what we authenticate with, for the words of a 401.
[[nodiscard]] Error classify(const Asked& asked, const HttpResponse& response, std::string_view credentials);

// The Error of an ERROR event of a watch: `status` is its object, a metav1.Status.
[[nodiscard]] Error classify_watch_error(const Asked& asked, const std::string& status);

// Seconds of Retry-After, or nothing when it is absent or no number.
[[nodiscard]] std::optional<Duration> retry_after(const HttpResponse& response);

}  // namespace drover::kube
