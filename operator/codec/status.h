// metav1.Status: how the API server ends a watch, as the object of its ERROR event.
#pragma once

#include "base/result.h"

namespace drover {

class JsonValue;

// code and reason pick the class, the message is the server's. details.retryAfterSeconds becomes retry_after.
[[nodiscard]] Error read_status(JsonValue object);

}  // namespace drover
