// The domain that a node is, on a connection: which it is, and how it is switched. Blocking; for a connection's own thread.
#pragma once

#include <libvirt/libvirt.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "model/power.h"
#include "model/power_table.h"

namespace drover::libvirt {

struct FreeDomain {
  void operator()(virDomainPtr domain) const { virDomainFree(domain); }
};
using Domain = std::unique_ptr<virDomain, FreeDomain>;

// By name, where one is given; else by the node's system UUID, which is the domain's (also with its first three groups' bytes in
// the other order, as older SMBIOS has them), else by the node's name. Invalid: there is none, or the node's name is that of a
// domain with another UUID.
struct Wanted {
  std::string node;
  std::string system_uuid;
  std::string name;  // of the domain, where the profile says it
};
[[nodiscard]] Result<Domain> find_domain(virConnectPtr connection, const Wanted& wanted);

// A paused or suspended domain is On as to its power: it holds its memory.
[[nodiscard]] Result<PowerAnswer> state_of(virDomainPtr domain);

// Starts it, asks its system to end, or takes the power away. What is so already is left. Invalid: switched off it would be gone,
// as it is not defined (transient).
[[nodiscard]] Status switch_domain(virDomainPtr domain, PowerRequest request);

}  // namespace drover::libvirt
