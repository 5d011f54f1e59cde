#include "adapters/http_common/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace drover {
namespace {

Error invalid_url(std::string why) {
  return {ErrorClass::Invalid, "server URL: " + std::move(why) + " (expected a form like https://10.0.0.1:6443)"};
}

bool is_ip(int family, const std::string& host) {
  in6_addr address{};
  return inet_pton(family, host.c_str(), &address) == 1;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

// RFC 3986: unreserved, reserved but for "#[]", and the percent sign.
bool is_target_character(char c) {
  return is_host_character(c) || std::string_view("~!$&'()*+,;=:@/?%").find(c) != std::string_view::npos;
}

// Splits "host:port" or "[v6]:port"; leaves `rest` as ":port" or empty.
Result<std::string> split_host(std::string_view& rest) {
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) return invalid_url("a bracket is not closed");
    std::string host(rest.substr(1, end - 1));
    if (!is_ip(AF_INET6, host)) return invalid_url("no IPv6 address between the brackets");
    rest.remove_prefix(end + 1);
    return host;
  }
  const auto end = std::min(rest.find(':'), rest.size());
  std::string host(rest.substr(0, end));
  if (host.empty()) return invalid_url("the host is missing");
  for (const char c : host) {
    if (!is_host_character(c)) return invalid_url("the host has a character that no host name has");
  }
  rest.remove_prefix(end);
  return host;
}

}  // namespace

std::string Authority::text() const {
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Authority::scheme_text() const {
  return (tls ? "https://" : "http://") + text();
}

Result<Authority> parse_endpoint(const HttpEndpoint& endpoint) {
  std::string_view rest = endpoint.url;
  Authority authority;
  authority.tls = rest.starts_with("https://");
  if (!authority.tls && !rest.starts_with("http://")) return invalid_url("the scheme is neither https:// nor http://");
  rest.remove_prefix(authority.tls ? 8 : 7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#") != std::string_view::npos) return invalid_url("a path has no place here");
  if (rest.find('@') != std::string_view::npos) return invalid_url("a user name has no place here");

  auto host = split_host(rest);
  if (!host) return host.error();
  authority.host = std::move(*host);
  authority.ipv6 = is_ip(AF_INET6, authority.host);
  authority.ip_literal = authority.ipv6 || is_ip(AF_INET, authority.host);

  authority.port = authority.tls ? 443 : 80;
  if (!rest.empty()) {
    rest.remove_prefix(rest.starts_with(':') ? 1 : 0);
    const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), authority.port);
    if (failure != std::errc{} || end != rest.data() + rest.size() || authority.port == 0)
      return invalid_url("the port is no port");
  }

  const bool has_certificate = !endpoint.client_certificate_pem.empty() || !endpoint.client_certificate_file.empty();
  const bool has_key = !endpoint.client_key_pem.empty() || !endpoint.client_key_file.empty();
  if (has_certificate != has_key) {
    return Error{ErrorClass::Invalid, has_certificate ? "a client certificate is given without its key"
                                                      : "a client key is given without its certificate"};
  }
  return authority;
}

bool is_safe_method(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

Status check_request(const HttpRequest& request, const Authority& authority) {
  // No part of a bad request is repeated: it may hold anything.
  const auto invalid = [&authority](const char* what) -> Status {
    return Error{ErrorClass::Invalid, "request to " + authority.text() + ": " + what};
  };
  if (request.method.empty() || !std::all_of(request.method.begin(), request.method.end(), is_host_character)) {
    return invalid("the method is no word");
  }
  if (!request.target.starts_with('/') || !std::all_of(request.target.begin(), request.target.end(), is_target_character)) {
    return invalid("the target is not an escaped path and query");
  }
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_host_character)) return invalid("a header's name is no word");
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) return invalid("a header has a line break");
  }
  return ok();
}

Error exchange_error(ErrorClass cls, const HttpRequest& request, const Authority& authority, std::string_view what) {
  std::string message =
      request.method + " " + request.target.substr(0, request.target.find('?')) + " at " + authority.text() + ": ";
  message += what;
  return {cls, std::move(message)};
}

ErrorClass unanswered_class(const HttpRequest& request, bool may_have_been_sent) {
  return may_have_been_sent && !is_safe_method(request.method) ? ErrorClass::UnknownOutcome : ErrorClass::Retryable;
}

}  // namespace drover
