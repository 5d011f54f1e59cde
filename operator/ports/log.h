// Structured logging: a message that never changes, and fields that do. Thread-safe.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace drover {

enum class LogLevel { Debug, Info, Warn, Error };
using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;

class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view message, LogFields fields) = 0;

  void debug(std::string_view message, LogFields fields = {}) { write(LogLevel::Debug, message, fields); }
  void info(std::string_view message, LogFields fields = {}) { write(LogLevel::Info, message, fields); }
  void warn(std::string_view message, LogFields fields = {}) { write(LogLevel::Warn, message, fields); }
  void error(std::string_view message, LogFields fields = {}) { write(LogLevel::Error, message, fields); }
};

}  // namespace drover
