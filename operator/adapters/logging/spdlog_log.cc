#include "adapters/logging/spdlog_log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "base/shown.h"
#include "base/time.h"

namespace drover {
namespace {

struct LevelName {
  LogLevel level;
  spdlog::level::level_enum spdlog_level;
  std::string_view name;
  std::string_view padded;
};
constexpr std::array kLevels{
    LevelName{LogLevel::Debug, spdlog::level::debug, "debug", "DEBUG"},
    LevelName{LogLevel::Info, spdlog::level::info, "info", "INFO "},
    LevelName{LogLevel::Warn, spdlog::level::warn, "warn", "WARN "},
    LevelName{LogLevel::Error, spdlog::level::err, "error", "ERROR"},
};

const LevelName& named(LogLevel level) {
  return kLevels.at(static_cast<std::size_t>(level));
}

// A JSON string. Bytes that are no UTF-8 become the replacement character, so that a line is always valid.
std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_line(std::string_view time, LogLevel level, std::string_view message, LogFields fields) {
  std::string line = "{\"time\":\"" + std::string(time) + "\",\"level\":\"" + std::string(named(level).name) + "\",\"message\":";
  line += json_text(message);
  for (const auto& [key, value] : fields) line += "," + json_text(key) + ":" + json_text(value);
  return line + "}";
}

std::string text_line(std::string_view time, LogLevel level, std::string_view message, LogFields fields) {
  std::string line = std::string(time) + " " + std::string(named(level).padded) + " ";
  line += shown(message);
  for (const auto& [key, value] : fields) {
    const bool plain =
        !value.empty() && std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c != '"' && c != 0x7f; });
    line += " " + std::string(key) + "=" + (plain ? value : shown(json_text(value)));
  }
  return line;
}

class SpdlogLog final : public Log {
 public:
  SpdlogLog(LogFormat format, LogLevel level, spdlog::sink_ptr sink) : format_(format), logger_("drover", std::move(sink)) {
    logger_.set_level(named(level).spdlog_level);
    logger_.set_pattern("%v");  // the whole line is made here
    logger_.flush_on(spdlog::level::debug);
  }

  void write(LogLevel level, std::string_view message, LogFields fields) override {
    if (!logger_.should_log(named(level).spdlog_level)) return;
    const std::string time = to_rfc3339_micro(std::chrono::system_clock::now());
    const std::string line =
        format_ == LogFormat::Json ? json_line(time, level, message, fields) : text_line(time, level, message, fields);
    logger_.log(named(level).spdlog_level, spdlog::string_view_t(line));
  }

 private:
  const LogFormat format_;
  spdlog::logger logger_;
};

}  // namespace

std::optional<LogFormat> parse_log_format(std::string_view text) {
  if (text == "text") return LogFormat::Text;
  if (text == "json") return LogFormat::Json;
  return std::nullopt;
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (const LevelName& level : kLevels) {
    if (level.name == text) return level.level;
  }
  return std::nullopt;
}

std::unique_ptr<Log> make_log(LogFormat format, LogLevel level) {
  return std::make_unique<SpdlogLog>(format, level, std::make_shared<spdlog::sinks::stderr_sink_mt>());
}

std::unique_ptr<Log> make_log(LogFormat format, LogLevel level, std::ostream& to) {
  return std::make_unique<SpdlogLog>(format, level, std::make_shared<spdlog::sinks::ostream_sink_mt>(to));
}

}  // namespace drover
