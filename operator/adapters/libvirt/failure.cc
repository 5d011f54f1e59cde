#include "adapters/libvirt/failure.h"

#include <libvirt/virterror.h>

namespace drover::libvirt {
namespace {

ErrorClass class_of(int code) {
  switch (code) {
    case VIR_ERR_AUTH_FAILED:
    case VIR_ERR_AUTH_CANCELLED:
    case VIR_ERR_AUTH_UNAVAILABLE:
    case VIR_ERR_ACCESS_DENIED:
    case VIR_ERR_OPERATION_DENIED: return ErrorClass::Denied;
    case VIR_ERR_NO_SUPPORT:
    case VIR_ERR_NO_CONNECT:
    case VIR_ERR_INVALID_ARG:
    case VIR_ERR_CONFIG_UNSUPPORTED:
    case VIR_ERR_ARGUMENT_UNSUPPORTED:
    case VIR_ERR_OPERATION_UNSUPPORTED:
    case VIR_ERR_NO_DOMAIN: return ErrorClass::Invalid;
    default: return ErrorClass::Retryable;
  }
}

}  // namespace

Error last_failure(const std::string& what) {
  const virErrorPtr last = virGetLastError();
  if (last == nullptr) return {ErrorClass::Retryable, what};
  Error error{class_of(last->code), what + ": " + (last->message != nullptr ? last->message : "libvirt does not say why")};
  if (error.cls == ErrorClass::Denied)
    error.message += " (Drover's account there must be allowed to manage domains; to read is not enough)";
  return error;
}

bool failed_by(int code) {
  return virGetLastErrorCode() == code;
}

}  // namespace drover::libvirt
