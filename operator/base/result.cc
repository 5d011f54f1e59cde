#include "base/result.h"

namespace drover {

std::string_view to_string(ErrorClass cls) {
  switch (cls) {
    case ErrorClass::Retryable: return "not done, may be tried again";
    case ErrorClass::Conflict: return "conflict";
    case ErrorClass::AlreadyExists: return "already exists";
    case ErrorClass::Gone: return "expired";
    case ErrorClass::NotFound: return "not found";
    case ErrorClass::Denied: return "denied";
    case ErrorClass::Invalid: return "invalid";
    case ErrorClass::Cancelled: return "cancelled";
    case ErrorClass::UnknownOutcome: return "outcome unknown";
  }
  return "unknown class";
}

std::string to_string(const Error& error) {
  std::string text(to_string(error.cls));
  if (error.http_status != 0) text += " (" + std::to_string(error.http_status) + ")";
  if (!error.message.empty()) text += ": " + error.message;
  return text;
}

}  // namespace drover
