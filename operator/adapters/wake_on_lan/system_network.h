// Network: the system's.
#pragma once

#include "adapters/wake_on_lan/network.h"

namespace drover::wake_on_lan {

class SystemNetwork final : public Network {
 public:
  Status send(const std::string& address, std::uint16_t port, const std::string& datagram) override;
  Result<Heard> knock(const std::string& address, std::uint16_t port, Duration within) override;
};

}  // namespace drover::wake_on_lan
