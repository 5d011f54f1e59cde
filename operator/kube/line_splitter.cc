#include "kube/line_splitter.h"

namespace drover::kube {
namespace {

constexpr std::size_t kKeptCapacity = 64 << 10;  // a rare huge line must not hold its memory for the life of a watch

bool hand_on(std::string_view line, const std::function<bool(std::string_view)>& on_line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line.empty() || on_line(line);
}

}  // namespace

LineSplitter::Fed LineSplitter::feed(std::span<const char> bytes, const std::function<bool(std::string_view)>& on_line) {
  std::string_view left(bytes.data(), bytes.size());
  while (!left.empty()) {
    const std::size_t end = left.find('\n');
    const std::string_view piece = left.substr(0, end);
    if (rest_.size() + piece.size() > max_line_bytes_) return Fed::TooLong;
    if (end == std::string_view::npos) {
      rest_ += piece;
      return Fed::More;
    }
    left.remove_prefix(end + 1);
    bool more = true;
    if (rest_.empty()) {
      more = hand_on(piece, on_line);
    } else {
      rest_ += piece;
      more = hand_on(rest_, on_line);
      rest_.clear();
      if (rest_.capacity() > kKeptCapacity) rest_.shrink_to_fit();
    }
    if (!more) return Fed::Stopped;
  }
  return Fed::More;
}

}  // namespace drover::kube
