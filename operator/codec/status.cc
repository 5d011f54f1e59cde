#include "codec/status.h"

#include <algorithm>

#include "codec/json_value.h"
#include "codec/read_status.h"

namespace drover {
namespace {

constexpr std::size_t kMaxMessage = 1000;

std::string first_line(std::string_view body) {
  std::string_view line = body.substr(0, body.find_first_of("\r\n"));
  return std::string(line.substr(0, kMaxMessage));
}

}  // namespace

ErrorClass classify(int code, std::string_view reason) {
  switch (code) {
    case 401:
    case 403: return ErrorClass::Denied;
    case 404: return ErrorClass::NotFound;
    case 409: return reason == "AlreadyExists" ? ErrorClass::AlreadyExists : ErrorClass::Conflict;
    case 410: return ErrorClass::Gone;
    case 408:
    case 429: return ErrorClass::Retryable;
    default: break;
  }
  return code >= 400 && code < 500 ? ErrorClass::Invalid : ErrorClass::Retryable;
}

Error read_status(JsonValue object, int http_status) {
  Error error;
  error.http_status = http_status;
  std::string reason;
  bool is_status = false;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "kind") {
      is_status = value.text() == "Status";
    } else if (key == "message") {
      error.message = value.string().substr(0, kMaxMessage);
    } else if (key == "reason") {
      reason = value.string();
    } else if (key == "code") {
      const std::int64_t code = value.integer();
      if (http_status == 0) error.http_status = static_cast<int>(std::clamp<std::int64_t>(code, 0, 999));
    } else if (key == "details") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "retryAfterSeconds") error.retry_after = seconds{std::clamp<std::int64_t>(field.integer(), 0, 3600)};
      });
    }
  });
  if (!is_status) object.fail("not a Status");
  if (error.retry_after == Duration::zero()) error.retry_after.reset();
  // Some servers leave the code out of a watch's error and say it in the reason alone.
  if (error.http_status == 0 && (reason == "Expired" || reason == "Gone")) error.http_status = 410;
  error.cls = classify(error.http_status, reason);
  if (error.message.empty()) error.message = reason;
  return error;
}

Error decode_status(std::string_view body, int http_status) {
  using Read = std::optional<Error>;  // a Result of an Error would be ambiguous
  const auto read = decode_one<Read>("status", body, [&](JsonValue object) -> Read { return read_status(object, http_status); });
  if (read) return **read;
  return {.cls = classify(http_status, ""), .message = first_line(body), .http_status = http_status};
}

}  // namespace drover
