// The two things that a server needs before it can serve: a listening socket and, for HTTPS, a TLS context.
#pragma once

#include <memory>
#include <string>

#include "adapters/http_server/connection.h"
#include "base/result.h"

namespace drover {

struct Listener {
  FileDescriptor socket;  // non-blocking
  int port = 0;
};
// `address` as in HttpServerOptions::listen.
[[nodiscard]] Result<Listener> listen_on(const std::string& address);

using TlsContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
struct TlsFiles {
  std::string certificate;
  std::string key;
};
// Reads `files`, which must outlive the context, for each handshake. Invalid when they can't be used now.
[[nodiscard]] Result<TlsContext> tls_context(const TlsFiles& files);

}  // namespace drover
