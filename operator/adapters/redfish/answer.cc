#include "adapters/redfish/answer.h"

#include <algorithm>
#include <charconv>

#include "adapters/http_common/endpoint.h"
#include "adapters/redfish/document.h"

namespace drover::redfish {
namespace {

constexpr Duration kSoon = seconds{3};            // as Ironic's library waits
constexpr Duration kAfterConflict = seconds{10};  // as Ironic waits, six times
constexpr int kMaxRetryAfterSeconds = 3600;

// Registries differ in prefix and version: Base.1.8.X, iLO.2.14.X, IDRAC.2.8.SYS518.
bool is_message(const std::string& id, std::string_view name) {
  return id == name || (id.ends_with(name) && id[id.size() - name.size() - 1] == '.');
}

std::optional<Duration> retry_after(const HttpResponse& response) {
  const std::string* text = response.header("retry-after");
  int count = 0;
  if (text == nullptr) return std::nullopt;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (fault != std::errc{} || end != text->data() + text->size()) return std::nullopt;  // a date: the controller's clock is its own
  return seconds{std::clamp(count, 0, kMaxRetryAfterSeconds)};
}

}  // namespace

bool is_success(const HttpResponse& response) {
  return response.status == 200 || response.status == 201 || response.status == 202 || response.status == 204;
}

std::string redirected_to(const HttpResponse& response, std::string_view method) {
  const bool keeps_method = response.status == 307 || response.status == 308;
  const bool moved = response.status == 301 && is_safe_method(method);
  const std::string* location = response.header("location");
  return (keeps_method || moved) && location != nullptr ? *location : "";
}

std::optional<Duration> passes_after(const HttpResponse& response, std::string_view method) {
  const std::string id = extended_info(response.body).message_id;
  const auto asked = retry_after(response);
  for (const std::string_view passing : {"SYS518", "InvalidOperationForSystemState", "UnableToModifyDuringSystemPOST"}) {
    if (is_message(id, passing)) return asked.value_or(kSoon);
  }
  if (response.status == 409 && is_message(id, "ActionParameterValueConflict")) return asked.value_or(kAfterConflict);
  if (response.status == 503 || response.status == 429) return std::max(asked.value_or(kSoon), Duration{seconds{1}});
  if (response.status >= 500 && response.status != 501 && is_safe_method(method)) return asked.value_or(kSoon);
  return std::nullopt;
}

Error refusal(const HttpResponse& response, std::string_view method, const std::string& what) {
  const ExtendedInfo info = extended_info(response.body);
  Error error{ErrorClass::Invalid, what + ": " + std::to_string(response.status), response.status, retry_after(response)};
  if (!info.message_id.empty()) error.message += " " + info.message_id.substr(0, 100);
  if (!info.message.empty()) error.message += " (" + info.message + ")";
  const bool passes = passes_after(response, method).has_value();
  if (response.status == 401 || response.status == 403) {
    error.cls = ErrorClass::Denied;
  } else if (response.status == 404) {
    error.cls = ErrorClass::NotFound;
  } else if (passes) {
    error.cls = ErrorClass::Retryable;
  } else if (response.status == 400 || response.status == 409 || response.status == 412) {
    error.cls = ErrorClass::Conflict;
  } else if (response.status >= 500 && response.status != 501) {
    error.cls = ErrorClass::UnknownOutcome;
  }
  return error;
}

}  // namespace drover::redfish
