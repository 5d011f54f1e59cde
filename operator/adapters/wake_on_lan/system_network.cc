#include "adapters/wake_on_lan/system_network.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

namespace drover::wake_on_lan {
namespace {

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

struct Free {
  void operator()(addrinfo* info) const { freeaddrinfo(info); }
};
using Address = std::unique_ptr<addrinfo, Free>;

Result<Address> parse(const std::string& address, std::uint16_t port, int type) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = type;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0 || found == nullptr) {
    return Error{ErrorClass::Invalid, "\"" + address + "\" is no IP address"};
  }
  return Address(found);
}

Error failed(const std::string& address, int code) {
  return {ErrorClass::Retryable, address + ": " + std::system_category().message(code)};
}

// Of a connection that was begun: what became of it.
Result<Heard> told_by(const std::string& address, int code) {
  switch (code) {
    case 0:
    case ECONNREFUSED:
    case ECONNRESET: return Heard::Answer;
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case EHOSTDOWN: return Heard::Silence;
    default: return failed(address, code);
  }
}

}  // namespace

Status SystemNetwork::send(const std::string& address, std::uint16_t port, const std::string& datagram) {
  const auto to = parse(address, port, SOCK_DGRAM);
  if (!to) return to.error();
  const Socket socket(::socket((*to)->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  if (socket.get() < 0 || setsockopt(socket.get(), SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes) != 0) return failed(address, errno);
  const auto sent = sendto(socket.get(), datagram.data(), datagram.size(), 0, (*to)->ai_addr, (*to)->ai_addrlen);
  return sent == static_cast<ssize_t>(datagram.size()) ? ok() : Status(failed(address, errno));
}

Result<Heard> SystemNetwork::knock(const std::string& address, std::uint16_t port, Duration within) {
  const auto to = parse(address, port, SOCK_STREAM);
  if (!to) return to.error();
  const Socket socket(::socket((*to)->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return failed(address, errno);
  if (connect(socket.get(), (*to)->ai_addr, (*to)->ai_addrlen) == 0) return Heard::Answer;
  if (errno != EINPROGRESS) return told_by(address, errno);
  pollfd waiting{socket.get(), POLLOUT, 0};
  const auto milli = std::chrono::duration_cast<std::chrono::milliseconds>(within).count();
  const int ready = poll(&waiting, 1, static_cast<int>(milli));
  if (ready == 0) return Heard::Silence;
  int code = 0;
  socklen_t length = sizeof code;
  if (ready < 0 || getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &length) != 0) return failed(address, errno);
  return told_by(address, code);
}

}  // namespace drover::wake_on_lan
