// HttpTransport::send in terms of a stream: collects the body and turns the end of the stream into an answer or an Error.
//
// Thread safety: one thread at a time.
#pragma once

#include "adapters/http_common/endpoint.h"
#include "base/result.h"
#include "ports/http_transport.h"

namespace drover {

class CollectSink final : public ChunkSink {
 public:
  explicit CollectSink(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  Next on_response(const HttpResponse& head) override;
  Next on_bytes(std::span<const char> bytes) override;

  // Call once, after the stream. StreamEnd::Idle stands for a deadline that passed in mid-body.
  [[nodiscard]] Result<HttpResponse> response(StreamEnd end, const HttpRequest& request, const Authority& authority);

 private:
  const std::size_t max_bytes_;
  HttpResponse response_;
};

}  // namespace drover
