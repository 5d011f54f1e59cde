// Result<T>: a value or an Error. The names follow std::expected, which C++20 lacks, so that a later switch is mechanical.
//
// Use it wherever the outside world can say no. Exceptions stop at the edge of an adapter; broken promises of our own code
// are DROVER_CHECKs (base/check.h), never Errors.
//
// Thread safety: values, as safe as T.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/time.h"

namespace drover {

// What went wrong, as far as the next step depends on it. The class, never the text, picks what happens next.
enum class ErrorClass {
  Retryable,       // not done, and the same call may succeed later: connection refused, 429, 5xx before processing
  Conflict,        // 409 on an update or a failed precondition: read again, decide again
  AlreadyExists,   // 409 on a create: an object of that name is there
  Gone,            // 410: the resource version or continue token has expired; list again
  NotFound,        // 404
  Denied,          // 401, 403: missing credentials or rights
  Invalid,         // 400, 422, malformed input: the same call can never succeed
  Cancelled,       // we stopped it ourselves
  UnknownOutcome,  // sent, but no answer: it may or may not have been done; read before anything else
};

[[nodiscard]] std::string_view to_string(ErrorClass cls);

struct Error {
  ErrorClass cls = ErrorClass::Retryable;
  std::string message;                    // for people: names the object, the field and, where known, the fix
  int http_status = 0;                    // 0 when no HTTP answer was involved
  std::optional<Duration> retry_after{};  // the server's own wish (Retry-After)

  friend bool operator==(const Error&, const Error&) = default;
};

// "not found (404): nodes "n9" not found"
[[nodiscard]] std::string to_string(const Error& error);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  [[nodiscard]] T& value() & {
    DROVER_CHECK(has_value());
    return std::get<0>(state_);
  }
  [[nodiscard]] const T& value() const& {
    DROVER_CHECK(has_value());
    return std::get<0>(state_);
  }
  [[nodiscard]] T&& value() && {
    DROVER_CHECK(has_value());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] T value_or(T fallback) const& { return has_value() ? value() : std::move(fallback); }

  [[nodiscard]] const Error& error() const& {
    DROVER_CHECK(!has_value());
    return std::get<1>(state_);
  }
  [[nodiscard]] Error&& error() && {
    DROVER_CHECK(!has_value());
    return std::get<1>(std::move(state_));
  }

 private:
  std::variant<T, Error> state_;
};

// The result of a call that returns nothing but success.
struct Unit {
  friend bool operator==(Unit, Unit) = default;
};
using Status = Result<Unit>;
[[nodiscard]] inline Status ok() {
  return Unit{};
}

}  // namespace drover
