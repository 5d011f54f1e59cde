// What libvirt says when a call fails.
#pragma once

#include <string>

#include "base/result.h"

namespace drover::libvirt {

// Of this thread's last call, which failed. `what` begins the sentence: "domain n1 can't be started".
[[nodiscard]] Error last_failure(const std::string& what);
// Whether the last call failed for this reason (VIR_ERR_...).
[[nodiscard]] bool failed_by(int code);

}  // namespace drover::libvirt
