// A Log that keeps what was written, as "message key=value". Thread-safe.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "ports/log.h"

namespace drover::test {

class RecordingLog final : public Log {
 public:
  void write(LogLevel, std::string_view message, LogFields fields) override {
    std::string line(message);
    for (const auto& [key, value] : fields) line += " " + std::string(key) + "=" + value;
    const std::scoped_lock lock(mutex_);
    lines_.push_back(std::move(line));
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace drover::test
