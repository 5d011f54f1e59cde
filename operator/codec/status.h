// metav1.Status: how the API server says no, in the body of an answer or as the object of a watch's ERROR event.
#pragma once

#include <string_view>

#include "base/result.h"

namespace drover {

// What an HTTP status and Status.reason mean for the next step. 409 is AlreadyExists or Conflict by the reason.
[[nodiscard]] ErrorClass classify(int code, std::string_view reason);

// The Error that a body tells of. A body that is no Status (a proxy's page, plain text) gives its first line as the message.
// details.retryAfterSeconds becomes retry_after. http_status 0: take Status.code.
[[nodiscard]] Error decode_status(std::string_view body, int http_status);

}  // namespace drover
