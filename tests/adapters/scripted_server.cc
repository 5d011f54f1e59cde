#include "adapters/scripted_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"

namespace drover::test {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Bio reader(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all};
}

Certificate certificate_of(const std::string& pem) {
  return {PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr), &X509_free};
}

SSL_CTX* tls_context(const ServerTls& tls) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  DROVER_CHECK(context != nullptr && SSL_CTX_set_max_proto_version(context, tls.max_version) == 1);
  if (tls.min_version != 0) DROVER_CHECK(SSL_CTX_set_min_proto_version(context, tls.min_version) == 1);
  if (tls.min_version != 0 && tls.min_version < TLS1_2_VERSION) SSL_CTX_set_security_level(context, 0);
  DROVER_CHECK(SSL_CTX_use_certificate(context, certificate_of(tls.identity.certificate_pem).get()) == 1);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(reader(tls.identity.key_pem).get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  DROVER_CHECK(SSL_CTX_use_PrivateKey(context, key.get()) == 1);
  if (!tls.client_ca_pem.empty()) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate_of(tls.client_ca_pem).get());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

int listen_on_loopback(bool ipv6, int& port) {
  const int listener = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_addr = in6addr_loopback;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* address = ipv6 ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four);
  socklen_t size = ipv6 ? sizeof six : sizeof four;
  DROVER_CHECK(bind(listener, address, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, address, &size) == 0);
  port = ntohs(ipv6 ? six.sin6_port : four.sin_port);
  return listener;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// A peer that is gone must not end the test program. Only the server's threads are spared, so that a transport that raises
// SIGPIPE is found out.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

ScriptedServer::ScriptedServer(Script script, std::optional<ServerTls> tls, bool ipv6)
    : script_(std::move(script)), has_tls_(tls.has_value()), ipv6_(ipv6) {
  if (tls) tls_ = tls_context(*tls);
  listener_ = listen_on_loopback(ipv6, port_);
  DROVER_CHECK(pipe(wake_) == 0);
  acceptor_ = std::thread([this] { accept_loop(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int socket : open_sockets_) shutdown(socket, SHUT_RDWR);
  }
  DROVER_CHECK(::write(wake_[1], "x", 1) == 1);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
  close(wake_[0]);
  close(wake_[1]);
  SSL_CTX_free(tls_);
}

std::string ScriptedServer::url() const {
  return std::string(has_tls_ ? "https://" : "http://") + (ipv6_ ? "[::1]:" : "127.0.0.1:") + std::to_string(port_);
}

int ScriptedServer::requests(const std::string& method) const {
  const std::lock_guard lock(mutex_);
  const auto found = requests_.find(method);
  return found == requests_.end() ? 0 : found->second;
}

bool ScriptedServer::wait_for_requests(const std::string& method, int count, Duration limit) const {
  std::unique_lock lock(mutex_);
  return counted_.wait_for(lock, limit, [&] {
    const auto found = requests_.find(method);
    return found != requests_.end() && found->second >= count;
  });
}

void ScriptedServer::count(const std::string& method) {
  const std::lock_guard lock(mutex_);
  ++requests_[method];
  counted_.notify_all();
}

void ScriptedServer::accept_loop() {
  block_sigpipe();
  while (true) {
    pollfd waiting[2] = {{listener_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    poll(waiting, 2, -1);
    if (waiting[1].revents != 0) return;
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) shutdown(socket, SHUT_RDWR);
      open_sockets_.push_back(socket);
    }
    threads_.emplace_back([this, socket, index = connections_++] { serve(socket, index); });
  }
}

void ScriptedServer::serve(int socket, int index) {
  block_sigpipe();
  std::unique_ptr<SSL, decltype(&SSL_free)> tls(has_tls_ ? SSL_new(tls_) : nullptr, &SSL_free);
  bool accepted = true;
  if (tls) {
    SSL_set_fd(tls.get(), socket);
    accepted = SSL_accept(tls.get()) == 1;
  }
  if (accepted) {
    Connection connection(*this, socket, tls.get(), index);
    script_(connection);
    if (tls) SSL_shutdown(tls.get());
  } else {
    // Lets the client read the alert: closing on unread data would reset the connection.
    shutdown(socket, SHUT_WR);
    char rest[1024];
    while (recv(socket, rest, sizeof rest, 0) > 0) {
    }
  }
  ERR_clear_error();
  {
    const std::lock_guard lock(mutex_);
    std::erase(open_sockets_, socket);
  }
  close(socket);
}

bool ScriptedServer::Connection::fill() {
  char buffer[16384];
  const auto count =
      tls_ != nullptr ? static_cast<ssize_t>(SSL_read(tls_, buffer, sizeof buffer)) : recv(socket_, buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  unread_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

std::optional<ReceivedRequest> ScriptedServer::Connection::read() {
  std::size_t head_end = 0;
  while ((head_end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  ReceivedRequest request;
  const std::string head = unread_.substr(0, head_end + 2);
  unread_.erase(0, head_end + 4);
  const auto first_end = head.find("\r\n");
  const auto method_end = head.find(' ');
  const auto target_end = head.find(' ', method_end + 1);
  request.method = head.substr(0, method_end);
  request.target = head.substr(method_end + 1, target_end - method_end - 1);
  for (auto at = first_end + 2; at < head.size();) {
    const auto end = head.find("\r\n", at);
    const auto colon = head.find(':', at);
    const auto value = head.find_first_not_of(' ', colon + 1);
    const auto [header, is_new] = request.headers.try_emplace(lower_case(head.substr(at, colon - at)));
    header->second += (is_new ? "" : "\n") + head.substr(value, end - value);
    at = end + 2;
  }
  const auto length = request.headers.find("content-length");
  const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
  while (unread_.size() < size) {
    if (!fill()) return std::nullopt;
  }
  request.body = unread_.substr(0, size);
  unread_.erase(0, size);
  server_.count(request.method);
  return request;
}

bool ScriptedServer::Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    // In pieces, so that bytes_sent() tells how far a slow reader let us come.
    const std::size_t piece = std::min<std::size_t>(bytes.size(), 65536);
    const auto count = tls_ != nullptr ? static_cast<ssize_t>(SSL_write(tls_, bytes.data(), static_cast<int>(piece)))
                                       : send(socket_, bytes.data(), piece, MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
    server_.bytes_sent_ += static_cast<std::size_t>(count);
  }
  return true;
}

bool ScriptedServer::Connection::respond(int status, std::string_view body, std::string_view header_lines) {
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n" + std::string(header_lines) +
                       "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  answer += body;
  return write(answer);
}

bool ScriptedServer::Connection::begin_chunks(int status) {
  return write("HTTP/1.1 " + std::to_string(status) +
               " Scripted\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
}

bool ScriptedServer::Connection::chunk(std::string_view bytes) {
  char size[32];
  const int digits = snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  std::string framed(size, static_cast<std::size_t>(digits));
  framed += bytes;
  framed += "\r\n";
  return write(framed);
}

bool ScriptedServer::Connection::end_chunks() {
  return write("0\r\n\r\n");
}

void ScriptedServer::Connection::reset() {
  const linger now{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  // serve() closes the socket, which then sends RST; a TLS goodbye before it does no harm.
  if (tls_ != nullptr) SSL_set_quiet_shutdown(tls_, 1);
}

void ScriptedServer::Connection::finish() {
  ::shutdown(socket_, SHUT_WR);
}

void ScriptedServer::Connection::wait_for_close() {
  while (fill()) {
  }
}

std::string ScriptedServer::Connection::server_name() const {
  const char* name = tls_ == nullptr ? nullptr : SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

std::string ScriptedServer::Connection::client_name() const {
  const Certificate certificate(tls_ == nullptr ? nullptr : SSL_get1_peer_certificate(tls_), &X509_free);
  if (!certificate) return "";
  char name[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
  return name;
}

}  // namespace drover::test
