#include "codec/status.h"

#include <algorithm>

#include "codec/json_value.h"

namespace drover {
namespace {

constexpr std::size_t kMaxMessage = 1000;

ErrorClass classify(int code) {
  switch (code) {
    case 401:
    case 403: return ErrorClass::Denied;
    case 404: return ErrorClass::NotFound;
    case 410: return ErrorClass::Gone;
    case 400:
    case 422: return ErrorClass::Invalid;
    default: return ErrorClass::Retryable;
  }
}

}  // namespace

Error read_status(JsonValue object) {
  Error error;
  std::string reason;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "message") {
      error.message = value.string().substr(0, kMaxMessage);
    } else if (key == "reason") {
      reason = value.string();
    } else if (key == "code") {
      error.http_status = static_cast<int>(std::clamp<std::int64_t>(value.integer(), 0, 999));
    } else if (key == "details") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name != "retryAfterSeconds") return;
        const std::int64_t wish = field.integer();
        if (wish > 0) error.retry_after = seconds{std::min<std::int64_t>(wish, 3600)};
      });
    }
  });
  // Some servers leave the code out and say it in the reason alone.
  if (error.http_status == 0 && (reason == "Expired" || reason == "Gone")) error.http_status = 410;
  error.cls = classify(error.http_status);
  if (error.message.empty()) error.message = reason.empty() ? "the server ended the watch" : reason;
  return error;
}

}  // namespace drover
