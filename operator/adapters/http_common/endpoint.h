// The address part of an HttpEndpoint, and the wording of errors about an exchange with it.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ports/http_transport.h"

namespace drover {

struct Authority {
  bool tls = false;
  std::string host;  // without brackets
  std::uint16_t port = 0;
  bool ip_literal = false;
  bool ipv6 = false;  // an IPv6 literal

  [[nodiscard]] std::string text() const;         // "10.0.0.1:6443", "[::1]:6443": as in a URL or a Host header
  [[nodiscard]] std::string scheme_text() const;  // "https://10.0.0.1:6443"
};

// Error::Invalid when the URL is none of ours, or a certificate came without its key.
[[nodiscard]] Result<Authority> parse_endpoint(const HttpEndpoint& endpoint);

// GET, HEAD: may be sent again without harm.
[[nodiscard]] bool is_safe_method(std::string_view method);

// Error::Invalid when the request can't be put on the wire as it is: a target that is no path and query, a method that is no
// word, a header with a line break (which would smuggle another header in).
[[nodiscard]] Status check_request(const HttpRequest& request, const Authority& authority);

// "GET /api/v1/nodes at 10.0.0.1:6443: WHAT". The query and the headers stay out of it.
[[nodiscard]] Error exchange_error(ErrorClass cls, const HttpRequest& request, const Authority& authority, std::string_view what);

// The class of a failure without an answer: only a request that can have reached the server and changed something is of
// unknown outcome.
[[nodiscard]] ErrorClass unanswered_class(const HttpRequest& request, bool may_have_been_sent);

}  // namespace drover
