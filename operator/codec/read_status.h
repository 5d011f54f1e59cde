// The reader behind codec/status.h, for the watch's ERROR event. Only codec's sources include this header.
#pragma once

#include "base/result.h"

namespace drover {

class JsonValue;

// http_status 0: take Status.code.
[[nodiscard]] Error read_status(JsonValue object, int http_status);

}  // namespace drover
