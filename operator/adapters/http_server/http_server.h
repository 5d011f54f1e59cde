// A small HTTP(S) server for what people and machines look at: /metrics, /healthz, /readyz, /debug/view.
//
// Answers GET and HEAD, one request a connection; anything else is 405, an unknown path 404 with the list of the known ones. Pages
// are made anew for each request, on one of a few worker threads, so a page function must be thread-safe. All peers are heard and
// answered on one thread that waits for none of them: a slow one keeps nobody. A peer has 10 s for its request and 10 s to take the
// answer; a head may be 8 KiB long; of more than 256 peers at once the oldest gives way.
//
// Pages below /debug/ are shown to whoever has the token of a file (Authorization: Bearer), which is read anew for each request;
// without such a file to loopback addresses only.
//
// With a certificate it speaks HTTPS only (TLS 1.2 and up). The files are read again for each handshake, so renewed ones hold at
// once. It is not CivetWeb because Debian 12's does no TLS: it looks up SSL_get_peer_certificate, which OpenSSL 3 lacks.
//
// Thread safety: start and destruction on one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"

struct sockaddr_storage;

namespace drover {

struct HttpPage {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};
using HttpPages = std::map<std::string, std::function<HttpPage()>>;  // by path

struct HttpServerOptions {
  std::string listen;              // "127.0.0.1:9100", ":9100" (every address), "[::1]:9100"; port 0: the system chooses
  std::string tls_cert;            // PEM file, the chain; both or none
  std::string tls_key;             // PEM file
  std::string debug_token_file{};  // empty: /debug/ is for loopback addresses
  // Which peers' addresses count as such; null: those that are. Tests have no others to come from.
  bool (*is_local)(const sockaddr_storage& peer) = nullptr;
};

class HttpServer {
 public:
  // Invalid: the address or the certificate is unusable; Retryable: the port is taken.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(const HttpServerOptions& options, HttpPages pages);
  // Closes the port, breaks connections off and waits for the pages under way.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The port that is listened on, also when 0 was asked for.
  [[nodiscard]] int port() const;

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace drover
