// Suspending the host of a libvirt daemon, for nodes that are such hosts. Blocking; for a connection's own thread.
#pragma once

#include <libvirt/libvirt.h>

#include <string>

#include "base/result.h"
#include "model/power.h"

namespace drover::libvirt {

// Invalid, with the reason: the host does not say that it can (its capabilities, virsh capabilities: power_management).
[[nodiscard]] Status can_suspend(virConnectPtr connection, HostSuspend::Target target);
// Soon after this returns the host is gone, until its own clock wakes it.
[[nodiscard]] Status suspend_host(virConnectPtr connection, const HostSuspend& settings);

}  // namespace drover::libvirt
