// What Wake-on-LAN asks of the network. Thread-safe; addresses are numbers, never names.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace drover::wake_on_lan {

// Whether a machine's system is up, by a TCP connection to it that is closed at once. One that is refused is an answer, too.
enum class Heard { Answer, Silence };

class Network {
 public:
  virtual ~Network() = default;
  // As a UDP datagram, to a broadcast address too. Invalid: no address.
  [[nodiscard]] virtual Status send(const std::string& address, std::uint16_t port, const std::string& datagram) = 0;
  // Blocks at most for `within`. Errors: it could not be tried: Invalid, no address; Retryable, this machine's own network.
  [[nodiscard]] virtual Result<Heard> knock(const std::string& address, std::uint16_t port, Duration within) = 0;
};

}  // namespace drover::wake_on_lan
