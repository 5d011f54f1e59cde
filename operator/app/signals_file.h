// The file of --signals: what the administrator offers policies by name. Read strictly, each fault with file, line and fix.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "core/signal_offer.h"

namespace drover {

// `file` is its name in messages.
[[nodiscard]] Result<std::map<std::string, OfferedSignal>> parse_signals(const std::string& text, const std::string& file);
[[nodiscard]] Result<std::map<std::string, OfferedSignal>> read_signals(const std::string& path);

}  // namespace drover
