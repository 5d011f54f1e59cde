// One HTTP exchange, or one stream of bytes. Everything above it (paths, JSON, watches, retries, pacing) is written once,
// over this port; everything below it (TLS, sockets, connection reuse) belongs to an adapter.
//
// Contract, held by tests/adapters/http_conformance_test.cc for every adapter:
// - An answer with any HTTP status is a value. An Error means that no complete answer came.
// - ErrorClass::UnknownOutcome when the request may have reached the server (written, answer missing or cut) and the method
//   is not safe (GET, HEAD); ErrorClass::Retryable when it can't have, or the method is safe. An adapter never sends an
//   unsafe request twice.
// - ErrorClass::Denied when TLS fails for good reason: unknown authority, wrong name, our certificate refused.
// - Cancellation by the stop_token ends the call within 100 ms with ErrorClass::Cancelled.
// - Proxies, cookies, redirects are not followed; responses are not decompressed unless the request asked for it.
// - The Authorization header and the keys are never logged or put into an Error.
// Thread safety: send and stream may be called from any number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace drover {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string target;  // path and query, already escaped: "/api/v1/nodes?limit=500"
  Headers headers;
  std::string body;
  Duration deadline = seconds{30};         // of the whole exchange (send), or until the headers are there (stream)
  Duration idle_timeout = seconds{300};    // stream only: the longest silence between two pieces
  std::size_t max_body_bytes = 64u << 20;  // send only: a longer body is an Error of class Invalid
};

struct HttpResponse {
  int status = 0;
  Headers headers;  // names in lower case
  std::string body;

  [[nodiscard]] const std::string* header(std::string_view lower_case_name) const;
};

// Receives a streamed body, in order, on the thread that called stream(). While on_bytes runs, nothing more is read: a slow
// sink holds the server back instead of filling memory.
class ChunkSink {
 public:
  enum class Next { Continue, Stop };
  virtual ~ChunkSink() = default;
  virtual Next on_response(const HttpResponse& head) = 0;  // status and headers; body empty
  virtual Next on_bytes(std::span<const char> bytes) = 0;
};

enum class StreamEnd {
  Eof,        // the server ended the body in good order
  Stopped,    // the sink said Stop
  Idle,       // silence for longer than idle_timeout
  Truncated,  // the connection broke in mid-body
  Cancelled,  // the stop_token
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  [[nodiscard]] virtual Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop) = 0;
  // An Error when no response head came; otherwise how the body ended.
  [[nodiscard]] virtual Result<StreamEnd> stream(const HttpRequest& request, ChunkSink& sink, std::stop_token stop) = 0;
};

enum class TlsVersion { V1_0, V1_1, V1_2, V1_3 };

// Where a transport connects, and how both ends prove themselves. Files are read again for each new connection, so that
// rotated certificates are picked up without a restart.
struct HttpEndpoint {
  std::string url;              // "https://10.0.0.1:6443", "http://127.0.0.1:9090", "https://[::1]:6443"; no path
  std::string tls_server_name;  // checked instead of the host of `url` when set
  bool insecure_skip_tls_verify = false;
  // SHA-256 of the server's own certificate, 64 hexadecimal digits in lower case. When set, that certificate is trusted and no
  // other, whatever its name, its date and who vouches for it.
  std::string certificate_sha256;
  // Below 1.2 only for those that speak nothing better: OpenSSL's floor for keys and digests is lowered with it.
  TlsVersion minimum_tls = TlsVersion::V1_2;
  std::string ca_pem;                  // authorities as PEM text; or
  std::string ca_file;                 // their file. When either is set, no other authority is trusted.
  std::string client_certificate_pem;  // or file
  std::string client_certificate_file;
  std::string client_key_pem;  // or file
  std::string client_key_file;
  Duration connect_timeout = seconds{10};
  friend bool operator==(const HttpEndpoint&, const HttpEndpoint&) = default;
};

using TransportFactory = std::function<Result<std::unique_ptr<HttpTransport>>(const HttpEndpoint&)>;

}  // namespace drover
