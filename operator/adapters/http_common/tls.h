// TLS as an HttpEndpoint asks for it, on an OpenSSL context that an HTTP library has made.
//
// When authorities are given, they are the only ones trusted. The name is checked here (SAN of the host, the IP address, or
// tls_server_name), never by the HTTP library, so that every adapter gives the same verdict. Files are read by each call.
//
// Thread safety: each call and each TlsTrace belong to one thread at a time.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>

#include "adapters/http_common/endpoint.h"
#include "base/result.h"
#include "ports/http_transport.h"

namespace drover {

// What the connections of one call went through. The context keeps it alive as long as a connection may write to it.
struct TlsTrace {
  bool handshake_done = false;
  int verify_error = 0;    // X509_V_ERR_*
  std::string unpinned;    // SHA-256 of the certificate that was not the pinned one
  int received_alert = 0;  // TLS alert description, 0 (close_notify) when none

  // Why one end refused the other, if that is what happened: ErrorClass::Denied.
  [[nodiscard]] std::optional<std::string> refusal() const;
};

// Readies `context` for connections to `authority`. Error::Invalid names the file or member that can't be used.
[[nodiscard]] Status configure_tls(SSL_CTX* context, const HttpEndpoint& endpoint, const Authority& authority,
                                   std::shared_ptr<TlsTrace> trace);

// Tries the certificates and keys of `endpoint` out, so that a broken configuration is seen at the start.
[[nodiscard]] Status check_tls(const HttpEndpoint& endpoint, const Authority& authority);

}  // namespace drover
