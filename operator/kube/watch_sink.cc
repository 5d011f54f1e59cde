#include "kube/watch_sink.h"

#include <nlohmann/json.hpp>

namespace drover::kube {
namespace {

constexpr std::size_t kMaxErrorBody = 64 << 10;
constexpr std::size_t kTypeWithin = 64;  // the server writes "type" first; an ERROR event shows within so many bytes

// The object of an ERROR event as JSON text; nothing for any other event.
std::optional<std::string> error_object(std::string_view line) {
  if (line.substr(0, kTypeWithin).find("\"ERROR\"") == std::string_view::npos) return std::nullopt;
  const nlohmann::json event = nlohmann::json::parse(line, nullptr, false);
  if (!event.is_object() || event.value("type", nlohmann::json()) != "ERROR") return std::nullopt;
  return event.value("object", nlohmann::json()).dump();
}

}  // namespace

ChunkSink::Next WatchSink::on_response(const HttpResponse& head) {
  response_ = head;
  if (is_success(head) && accepted_) accepted_();
  return Next::Continue;
}

ChunkSink::Next WatchSink::on_bytes(std::span<const char> bytes) {
  if (!is_success(response_)) {
    response_.body.append(bytes.data(), std::min(bytes.size(), kMaxErrorBody - response_.body.size()));
    return response_.body.size() < kMaxErrorBody ? Next::Continue : Next::Stop;
  }
  const LineSplitter::Fed fed = splitter_.feed(bytes, [this](std::string_view line) { return on_line(line); });
  if (fed == LineSplitter::Fed::TooLong) {
    fault_ =
        Error{ErrorClass::Invalid, describe(asked_) + ": an event is longer than " + std::to_string(max_line_bytes_) + " bytes"};
  }
  return fed == LineSplitter::Fed::More && clock_.monotonic() < end_ ? Next::Continue : Next::Stop;
}

bool WatchSink::on_line(std::string_view line) {
  if (const std::optional<std::string> status = error_object(line)) {
    fault_ = classify_watch_error(asked_, *status);
    return false;
  }
  return line_(line);
}

Status WatchSink::outcome(StreamEnd end) const {
  if (fault_) return *fault_;
  switch (end) {
    case StreamEnd::Stopped: return ok();
    case StreamEnd::Cancelled: return Error{ErrorClass::Cancelled, describe(asked_) + ": cancelled"};
    case StreamEnd::Idle: return Error{ErrorClass::Retryable, describe(asked_) + ": the connection went silent"};
    case StreamEnd::Truncated: return Error{ErrorClass::Retryable, describe(asked_) + ": the connection broke"};
    case StreamEnd::Eof: break;
  }
  if (splitter_.in_line()) return Error{ErrorClass::Retryable, describe(asked_) + ": the stream ended within an event"};
  return ok();
}

}  // namespace drover::kube
