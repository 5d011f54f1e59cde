// ports/log.h by spdlog: one line an entry on standard error, as text or as JSON. Thread-safe.
//
// Text: 2026-11-22T16:48:00.000000Z INFO  leading lease=drover/drover why="two words"
// JSON: {"time":"2026-11-22T16:48:00.000000Z","level":"info","message":"leading","lease":"drover/drover"}
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string_view>

#include "ports/log.h"

namespace drover {

enum class LogFormat { Text, Json };
[[nodiscard]] std::optional<LogFormat> parse_log_format(std::string_view text);  // text, json
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view text);    // debug, info, warn, error

// Entries below `level` are dropped. To standard error.
[[nodiscard]] std::unique_ptr<Log> make_log(LogFormat format, LogLevel level);
// To a stream that outlives it.
[[nodiscard]] std::unique_ptr<Log> make_log(LogFormat format, LogLevel level, std::ostream& to);

}  // namespace drover
