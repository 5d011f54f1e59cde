// A PowerDriver that speaks to management controllers, kept from the hosts of Metal3: two masters of one machine switch it to and
// fro, as Metal3 makes sure every few minutes that a host's power is as it wants it.
#pragma once

#include "adapters/metal3/hosts.h"
#include "ports/power_driver.h"

namespace drover::metal3 {

// A node that runs on a BareMetalHost which is not detached is refused; so is switching one off, or sending it to sleep, of which
// this can't be told. Waking is let through then: no node may stay lost. Nodes that say nothing of Metal3 cost no question.
// Thread-safe. What is passed by reference must outlive it.
class UnmanagedOnly final : public PowerDriver {
 public:
  UnmanagedOnly(PowerDriver& driver, Hosts& hosts) : driver_(driver), hosts_(hosts) {}

  Result<PowerAnswer> state(const NodeDriver& target, std::stop_token stop) override;
  Status switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) override;

 private:
  enum class Kept { No, Yes, Unknown };
  struct Verdict {
    Kept kept = Kept::No;
    Error why{};
  };
  [[nodiscard]] Verdict judge(const NodeDriver& target, const std::stop_token& stop);

  PowerDriver& driver_;
  Hosts& hosts_;
};

}  // namespace drover::metal3
