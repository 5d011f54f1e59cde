#include "adapters/http_server/connection.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "base/check.h"

namespace drover {
namespace {

bool would_wait() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) close(fd_);
}

Doorbell::Doorbell() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  DROVER_CHECK(fd_.get() >= 0);
}

void Doorbell::ring() const {
  const std::uint64_t one = 1;
  DROVER_CHECK(::write(fd_.get(), &one, sizeof one) == sizeof one);
}

void Doorbell::silence() const {
  std::uint64_t count = 0;
  (void)!::read(fd_.get(), &count, sizeof count);  // nothing to read: it was not rung
}

Connection::Connection(FileDescriptor socket, SSL_CTX* tls)
    : socket_(std::move(socket)), ssl_(tls != nullptr ? SSL_new(tls) : nullptr, SSL_free) {
  if (!ssl_) return;
  SSL_set_fd(ssl_.get(), socket_.get());
  SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

Connection::~Connection() {
  if (ssl_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
}

Connection::Outcome Connection::tls_outcome(int answer) const {
  if (answer > 0) return Outcome::Done;
  switch (SSL_get_error(ssl_.get(), answer)) {
    case SSL_ERROR_WANT_READ: return Outcome::WantsToRead;
    case SSL_ERROR_WANT_WRITE: return Outcome::WantsToWrite;
    default: return Outcome::Over;
  }
}

Connection::Outcome Connection::open() {
  if (!ssl_) return Outcome::Done;
  ERR_clear_error();
  return tls_outcome(SSL_accept(ssl_.get()));
}

Connection::Outcome Connection::read(std::string& into) {
  std::array<char, kMostAtOnce> buffer{};
  ssize_t count = 0;
  if (ssl_) {
    ERR_clear_error();
    count = SSL_read(ssl_.get(), buffer.data(), kMostAtOnce);
    if (const Outcome outcome = tls_outcome(static_cast<int>(count)); outcome != Outcome::Done) return outcome;
  } else {
    count = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && would_wait()) return Outcome::WantsToRead;
    if (count <= 0) return Outcome::Over;
  }
  into.append(buffer.data(), static_cast<std::size_t>(count));
  return Outcome::Done;
}

Connection::Outcome Connection::write(std::string_view& text) {
  while (!text.empty()) {
    ssize_t count = 0;
    if (ssl_) {
      ERR_clear_error();
      constexpr std::size_t kMost = std::size_t{1} << 20;
      count = SSL_write(ssl_.get(), text.data(), static_cast<int>(std::min(text.size(), kMost)));
      if (const Outcome outcome = tls_outcome(static_cast<int>(count)); outcome != Outcome::Done) return outcome;
    } else {
      count = send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (count < 0 && would_wait()) return Outcome::WantsToWrite;
      if (count <= 0) return Outcome::Over;
    }
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return Outcome::Done;
}

}  // namespace drover
