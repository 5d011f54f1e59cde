// One accepted connection, plain or under TLS, where every wait has an end: a deadline, or the server being stopped.
//
// Thread safety: none; one thread uses a connection.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace drover {

// A file descriptor that is closed with its owner.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// Readable once it was stopped; put beside a socket into poll().
class StopSignal {
 public:
  StopSignal();
  void stop();
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  FileDescriptor fd_;
};

using SteadyTime = std::chrono::steady_clock::time_point;

// Waits until `fd` is ready for `events` (POLLIN, POLLOUT). False: the deadline has passed, or `stop` came.
[[nodiscard]] bool await(int fd, short events, const StopSignal& stop, SteadyTime deadline);

class Connection {
 public:
  // Takes a non-blocking socket over. `tls` is null for plain HTTP.
  Connection(FileDescriptor socket, SSL_CTX* tls, const StopSignal& stop, SteadyTime deadline);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // TLS: shakes hands. False: the peer is not served.
  [[nodiscard]] bool open();
  // How many bytes came; 0: the end, the deadline, or an error.
  [[nodiscard]] std::size_t read(std::span<char> into);
  [[nodiscard]] bool write(std::string_view text);

 private:
  template <typename Operation>
  int tls_call(Operation operation);

  FileDescriptor socket_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  const StopSignal& stop_;
  SteadyTime deadline_;
};

}  // namespace drover
