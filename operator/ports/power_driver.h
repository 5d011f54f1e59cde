// PowerDriver: what switches nodes off and on, and tells which they are: Redfish, Metal3, Wake-on-LAN. One object of each kind
// serves all nodes whose PowerProfile names it.
//
// Calls block, at most for the driver's own deadline, which must be below a minute. Thread-safe; the caller makes one call at a
// time for each node. A stop is heeded soon.
#pragma once

#include <array>
#include <map>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "model/power.h"
#include "model/power_table.h"

namespace drover {

class PowerDriver {
 public:
  virtual ~PowerDriver() = default;
  // Unknown: the machine's controller answers, and does not say; never Off in place of that.
  // Errors: Retryable (no answer, busy), Denied (credentials), Invalid (the profile or the node lacks what the driver needs; the
  // text says what to write), Cancelled.
  [[nodiscard]] virtual Result<PowerAnswer> state(const NodeDriver& target, std::stop_token stop) = 0;
  // Gives the order and does not wait until it is carried out; one that changes nothing does nothing. An order that may or may not
  // have been taken is Retryable: giving it again does no harm.
  [[nodiscard]] virtual Status switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) = 0;
};

// The kinds that `drover operator` has a driver for.
inline constexpr std::array kCarriedOut = {PowerDriverKind::Redfish, PowerDriverKind::Metal3, PowerDriverKind::WakeOnLan,
                                           PowerDriverKind::Libvirt};
// Invalid when there is none for it: names the profile, the driver and what to write.
[[nodiscard]] Status carried_out(const NodeDriver& target);

// The drivers that this process has, by kind. They must outlive it.
class PowerDrivers {
 public:
  void add(PowerDriverKind kind, PowerDriver& driver) { drivers_[kind] = &driver; }
  // Invalid when there is none, as carried_out() says it.
  [[nodiscard]] Result<PowerDriver*> of(const NodeDriver& target) const;

 private:
  std::map<PowerDriverKind, PowerDriver*> drivers_;
};

}  // namespace drover
