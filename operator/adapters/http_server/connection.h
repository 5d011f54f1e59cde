// One accepted connection, plain or under TLS, of which no operation waits: each does what can be done now and says what it would
// have to wait for.
//
// Thread safety: none; one thread uses a connection.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
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

// Readable from ring() until silence(); put beside sockets into poll(). ring() may be called on any thread.
class Doorbell {
 public:
  Doorbell();
  void ring() const;
  void silence() const;
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  FileDescriptor fd_;
};

class Connection {
 public:
  enum class Outcome { Done, WantsToRead, WantsToWrite, Over };

  // Takes a non-blocking socket over. `tls` is null for plain HTTP.
  Connection(FileDescriptor socket, SSL_CTX* tls);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // TLS: shakes hands.
  [[nodiscard]] Outcome open();
  // Appends what has come, and at most kMostAtOnce bytes of it.
  [[nodiscard]] Outcome read(std::string& into);
  // Takes off the front what was written; Done: all of it.
  [[nodiscard]] Outcome write(std::string_view& text);
  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  static constexpr int kMostAtOnce = 2048;
  [[nodiscard]] Outcome tls_outcome(int answer) const;

  FileDescriptor socket_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace drover
