// PowerDriver over libvirt: a node that is a domain of some host, shut down and created; or, where the profile asks for it
// (driver.libvirt.suspend), a node that is itself a libvirt host, suspended for a time.
//
// A suspended host answers nobody and wakes by its own clock only. That it sleeps is concluded from its silence for a minute after
// this process suspended it, and nobody can wake it before its hour; after a restart of this process it is unknown.
#pragma once

#include <map>
#include <string>

#include "adapters/libvirt/connections.h"
#include "base/mutex.h"
#include "ports/clock.h"
#include "ports/power_driver.h"

namespace drover::libvirt {

// Below a minute, as PowerDriver wants it; a forced end takes libvirt fifteen seconds and more.
inline constexpr Duration kDeadline = seconds{40};

// At most one at a time in a process (event_loop.h). Thread-safe. What is passed by reference must outlive it.
class LibvirtDriver final : public PowerDriver {
 public:
  explicit LibvirtDriver(const Clock& clock, Duration deadline = kDeadline) : clock_(clock), connections_(deadline) {}

  Result<PowerAnswer> state(const NodeDriver& target, std::stop_token stop) override;
  Status switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) override;

 private:
  struct Asleep {
    Duration since{};
    Duration until{};
  };
  Result<PowerAnswer> state_of_host(const NodeDriver& target, const std::string& uri, const HostSuspend& suspend,
                                    const std::stop_token& stop);
  Status switch_host(const NodeDriver& target, const std::string& uri, const HostSuspend& suspend, PowerRequest request,
                     const std::stop_token& stop);

  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, Asleep> asleep_ DROVER_GUARDED_BY(mutex_);  // hosts that were suspended, by the node's uid
  Connections connections_;
};

}  // namespace drover::libvirt
