#include "adapters/http_common/collect.h"

#include "base/check.h"

namespace drover {

ChunkSink::Next CollectSink::on_response(const HttpResponse& head) {
  response_ = head;
  return Next::Continue;
}

ChunkSink::Next CollectSink::on_bytes(std::span<const char> bytes) {
  if (bytes.size() > max_bytes_ - response_.body.size()) return Next::Stop;
  response_.body.append(bytes.data(), bytes.size());
  return Next::Continue;
}

Result<HttpResponse> CollectSink::response(StreamEnd end, const HttpRequest& request, const Authority& authority) {
  const ErrorClass unanswered = unanswered_class(request, /*may_have_been_sent=*/true);
  switch (end) {
    case StreamEnd::Eof: return std::move(response_);
    case StreamEnd::Stopped:
      return exchange_error(ErrorClass::Invalid, request, authority,
                            "the answer is longer than " + std::to_string(max_bytes_) + " bytes");
    case StreamEnd::Idle: return exchange_error(unanswered, request, authority, "the deadline passed in the middle of the answer");
    case StreamEnd::Truncated:
      return exchange_error(unanswered, request, authority, "the connection broke in the middle of the answer");
    case StreamEnd::Cancelled: return exchange_error(ErrorClass::Cancelled, request, authority, "cancelled");
  }
  DROVER_CHECK(false);
  return exchange_error(ErrorClass::Invalid, request, authority, "unreachable");
}

}  // namespace drover
