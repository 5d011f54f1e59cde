#include "adapters/http_server/listen.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace drover {
namespace {

struct HostAndPort {
  std::string host;  // empty: every address
  std::string port;
};

std::optional<HostAndPort> split(std::string_view address) {
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = address.substr(0, colon);
  const auto port = address.substr(colon + 1);
  unsigned number = 0;
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (failed != std::errc() || end != port.data() + port.size() || number > 65535) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // an IPv6 address without brackets
  }
  return HostAndPort{std::string(host), std::string(port)};
}

int bound_port(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

// Empty when this address can't be listened on; errno says why.
std::optional<Listener> try_address(const addrinfo& address) {
  FileDescriptor fd(socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return std::nullopt;
  const int on = 1;
  const int off = 0;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ai_family == AF_INET6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);  // "::" takes IPv4 too
  if (bind(fd.get(), address.ai_addr, address.ai_addrlen) != 0 || listen(fd.get(), 64) != 0) return std::nullopt;
  const int port = bound_port(fd.get());
  return Listener{std::move(fd), port};
}

// Reads the files into one connection, so that a renewed certificate needs no restart. Scrapes are rare; reading is cheap.
int load_certificate(SSL* ssl, void* argument) {
  const auto& files = *static_cast<const TlsFiles*>(argument);
  const bool loaded = SSL_use_certificate_chain_file(ssl, files.certificate.c_str()) == 1 &&
                      SSL_use_PrivateKey_file(ssl, files.key.c_str(), SSL_FILETYPE_PEM) == 1 && SSL_check_private_key(ssl) == 1;
  return loaded ? 1 : 0;
}

}  // namespace

Result<Listener> listen_on(const std::string& address) {
  const auto parts = split(address);
  if (!parts) {
    return Error{ErrorClass::Invalid,
                 "--listen: \"" + address + "\" is no ADDRESS:PORT; write for example 127.0.0.1:9100, [::1]:9100 or :9100"};
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(parts->host.empty() ? nullptr : parts->host.c_str(), parts->port.c_str(), &hints, &found);
  if (failed != 0) {
    return Error{ErrorClass::Invalid, "--listen: \"" + parts->host + "\" is no address of this machine: " + gai_strerror(failed)};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  // For "every address" IPv6 goes first: its socket takes IPv4 as well.
  for (const bool ipv6 : {true, false}) {
    for (const addrinfo* it = found; it != nullptr; it = it->ai_next) {
      if ((it->ai_family == AF_INET6) != ipv6) continue;
      if (auto listener = try_address(*it)) return std::move(*listener);
    }
  }
  return Error{ErrorClass::Retryable, "--listen: can't listen on " + address + ": " + std::strerror(errno)};
}

Result<TlsContext> tls_context(const TlsFiles& files) {
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return Error{ErrorClass::Invalid, "--tls-cert: OpenSSL gives no TLS context"};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // Tried once here: better to refuse to start than to fail every handshake.
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return Error{ErrorClass::Invalid, "--tls-cert: no certificate can be read from \"" + files.certificate + "\"; give a PEM file"};
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return Error{ErrorClass::Invalid,
                 "--tls-key: no key that fits the certificate can be read from \"" + files.key + "\"; give its PEM file"};
  }
  SSL_CTX_set_cert_cb(context.get(), load_certificate, const_cast<TlsFiles*>(&files));
  return context;
}

}  // namespace drover
