#include "adapters/http_server/connection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace drover {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) close(fd_);
}

StopSignal::StopSignal() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  DROVER_CHECK(fd_.get() >= 0);
}

void StopSignal::stop() {
  const std::uint64_t one = 1;
  DROVER_CHECK(::write(fd_.get(), &one, sizeof one) == sizeof one);
}

bool await(int fd, short events, const StopSignal& stop, SteadyTime deadline) {
  std::array<pollfd, 2> watched = {pollfd{fd, events, 0}, pollfd{stop.fd(), POLLIN, 0}};
  while (true) {
    int wait = -1;
    if (deadline != SteadyTime::max()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
      if (left <= 0) return false;
      wait = static_cast<int>(left);
    }
    const int ready = poll(watched.data(), watched.size(), wait);
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && watched[1].revents == 0;
  }
}

Connection::Connection(FileDescriptor socket, SSL_CTX* tls, const StopSignal& stop, SteadyTime deadline)
    : socket_(std::move(socket)), ssl_(tls != nullptr ? SSL_new(tls) : nullptr, SSL_free), stop_(stop), deadline_(deadline) {
  if (ssl_) SSL_set_fd(ssl_.get(), socket_.get());
}

Connection::~Connection() {
  if (ssl_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
}

// Repeats a TLS operation that wants to wait for the socket. The operation's own positive answer, or 0.
template <typename Operation>
int Connection::tls_call(Operation operation) {
  while (true) {
    ERR_clear_error();
    const int answer = operation();
    if (answer > 0) return answer;
    const int wanted = SSL_get_error(ssl_.get(), answer);
    if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) return 0;
    if (!await(socket_.get(), wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, stop_, deadline_)) return 0;
  }
}

bool Connection::open() {
  return !ssl_ || tls_call([this] { return SSL_accept(ssl_.get()); }) == 1;
}

std::size_t Connection::read(std::span<char> into) {
  if (ssl_) {
    return static_cast<std::size_t>(tls_call([&] { return SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size())); }));
  }
  if (!await(socket_.get(), POLLIN, stop_, deadline_)) return 0;
  const auto count = recv(socket_.get(), into.data(), into.size(), 0);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

bool Connection::write(std::string_view text) {
  while (!text.empty()) {
    ssize_t count = 0;
    if (ssl_) {
      count = tls_call([&] { return SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); });
    } else if (await(socket_.get(), POLLOUT, stop_, deadline_)) {
      count = send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace drover
