#include "ports/telemetry.h"

namespace drover {

std::string_view metric_label(ErrorClass cls) {
  switch (cls) {
    case ErrorClass::Retryable: return "retryable";
    case ErrorClass::Conflict: return "conflict";
    case ErrorClass::AlreadyExists: return "already_exists";
    case ErrorClass::Gone: return "gone";
    case ErrorClass::NotFound: return "not_found";
    case ErrorClass::Denied: return "denied";
    case ErrorClass::Invalid: return "invalid";
    case ErrorClass::Cancelled: return "cancelled";
    case ErrorClass::UnknownOutcome: return "unknown_outcome";
  }
  return "unknown";
}

}  // namespace drover
