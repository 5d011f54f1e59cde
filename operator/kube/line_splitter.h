// Cuts a stream of bytes into lines. A line that lies within one piece is handed on without a copy.
//
// Thread safety: none.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace drover::kube {

class LineSplitter {
 public:
  enum class Fed { More, Stopped, TooLong };

  explicit LineSplitter(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  // Calls `on_line` for each complete line, without its newline and without empty ones, until it returns false (Stopped) or
  // a line is longer than the maximum (TooLong); after either, feed no more.
  [[nodiscard]] Fed feed(std::span<const char> bytes, const std::function<bool(std::string_view)>& on_line);

  // Whether the stream has ended within a line.
  [[nodiscard]] bool in_line() const { return !rest_.empty(); }

 private:
  std::size_t max_line_bytes_;
  std::string rest_;  // the beginning of a line whose end is yet to come
};

}  // namespace drover::kube
