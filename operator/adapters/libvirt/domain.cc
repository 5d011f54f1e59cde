#include "adapters/libvirt/domain.h"

#include <libvirt/virterror.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "adapters/libvirt/failure.h"

namespace drover::libvirt {
namespace {

// "00112233-4455-..." as "33221100-5544-...".
std::string other_order(std::string uuid) {
  constexpr std::size_t kLength = 36;
  if (uuid.size() != kLength) return {};
  const auto reverse = [&uuid](std::size_t from, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes / 2; ++i)
      std::swap_ranges(uuid.begin() + static_cast<std::ptrdiff_t>(from + 2 * i),
                       uuid.begin() + static_cast<std::ptrdiff_t>(from + 2 * i + 2),
                       uuid.begin() + static_cast<std::ptrdiff_t>(from + 2 * (bytes - 1 - i)));
  };
  reverse(0, 4);
  reverse(9, 2);
  reverse(14, 2);
  return uuid;
}

Result<Domain> no_domain(const std::string& why) {
  return Error{ErrorClass::Invalid, why + "; name it in driver.libvirt.domain"};
}

std::string name_of(virDomainPtr domain) {
  const char* name = virDomainGetName(domain);
  return name != nullptr ? name : "?";
}

bool comes_up_by_itself(virDomainPtr domain) {
  int autostart = 0;
  return virDomainGetAutostart(domain, &autostart) == 0 && autostart == 1;
}

Status start(virDomainPtr domain, int state) {
  const std::string what = "domain " + name_of(domain) + " can't be started";
  if (state == VIR_DOMAIN_PMSUSPENDED) return virDomainPMWakeup(domain, 0) == 0 ? ok() : Status(last_failure(what));
  if (state == VIR_DOMAIN_PAUSED) {
    return Error{ErrorClass::Invalid,
                 "domain " + name_of(domain) + " is paused, by a person or by libvirt; look why, and resume it"};
  }
  if (virDomainIsActive(domain) == 1 || virDomainCreate(domain) == 0) return ok();
  const Error error = last_failure(what);
  return virDomainIsActive(domain) == 1 ? ok() : Status(error);  // someone was faster
}

Status may_end(virDomainPtr domain) {
  const int persistent = virDomainIsPersistent(domain);
  if (persistent < 0) return last_failure("domain " + name_of(domain) + " can't be read");
  if (persistent == 1) return ok();
  return Error{ErrorClass::Invalid,
               "domain " + name_of(domain) + " is transient: off, it would be gone for good; define it (virsh define)"};
}

// SIGTERM to the hypervisor first, so that it writes what it holds; libvirt gives up on that after some seconds.
Status take_power(virDomainPtr domain) {
  if (virDomainDestroyFlags(domain, VIR_DOMAIN_DESTROY_GRACEFUL) == 0 || virDomainDestroy(domain) == 0) return ok();
  const Error error = last_failure("domain " + name_of(domain) + " can't be forced off");
  return virDomainIsActive(domain) == 0 ? ok() : Status(error);
}

}  // namespace

Result<Domain> find_domain(virConnectPtr connection, const Wanted& wanted) {
  const std::string of_node = "node " + wanted.node;
  if (!wanted.name.empty()) {
    Domain named(virDomainLookupByName(connection, wanted.name.c_str()));
    if (named) return named;
    if (failed_by(VIR_ERR_NO_DOMAIN)) return no_domain("there is no domain " + wanted.name + ", which is to be " + of_node);
    return last_failure("domain " + wanted.name + " can't be looked up");
  }
  for (const std::string& uuid : {wanted.system_uuid, other_order(wanted.system_uuid)}) {
    if (uuid.empty()) continue;
    Domain with_uuid(virDomainLookupByUUIDString(connection, uuid.c_str()));
    if (with_uuid) return with_uuid;
    if (!failed_by(VIR_ERR_NO_DOMAIN) && !failed_by(VIR_ERR_INVALID_ARG))
      return last_failure("the domain of UUID " + uuid + " can't be looked up");
  }
  Domain namesake(virDomainLookupByName(connection, wanted.node.c_str()));
  if (!namesake && !failed_by(VIR_ERR_NO_DOMAIN)) return last_failure("domain " + wanted.node + " can't be looked up");
  if (!namesake)
    return no_domain("there is no domain with UUID " + wanted.system_uuid + " or name " + wanted.node + " for " + of_node);
  if (wanted.system_uuid.empty()) return namesake;
  std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
  virDomainGetUUIDString(namesake.get(), uuid.data());
  return no_domain("domain " + wanted.node + " has UUID " + uuid.data() + ", " + of_node + " has " + wanted.system_uuid);
}

Result<PowerAnswer> state_of(virDomainPtr domain) {
  int state = VIR_DOMAIN_NOSTATE;
  if (virDomainGetState(domain, &state, nullptr, 0) != 0) return last_failure("domain " + name_of(domain) + " can't be read");
  PowerAnswer answer;
  switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
    case VIR_DOMAIN_SHUTDOWN: answer.state = Powered::On; break;
    case VIR_DOMAIN_PAUSED:
      answer.state = Powered::On;
      answer.remark = "domain " + name_of(domain) + " is paused";
      break;
    case VIR_DOMAIN_PMSUSPENDED:
      answer.state = Powered::On;
      answer.remark = "domain " + name_of(domain) + " is suspended";
      break;
    case VIR_DOMAIN_SHUTOFF: answer.state = Powered::Off; break;
    case VIR_DOMAIN_CRASHED: answer.remark = "domain " + name_of(domain) + " has crashed"; break;
    default: break;
  }
  if (answer.remark.empty() && comes_up_by_itself(domain))
    answer.remark = "domain " + name_of(domain) + " has autostart: it comes up by itself when its host does";
  return answer;
}

Status switch_domain(virDomainPtr domain, PowerRequest request) {
  int state = VIR_DOMAIN_NOSTATE;
  if (virDomainGetState(domain, &state, nullptr, 0) != 0) return last_failure("domain " + name_of(domain) + " can't be read");
  if (request == PowerRequest::On) return start(domain, state);
  if (state == VIR_DOMAIN_SHUTOFF || virDomainIsActive(domain) == 0) return ok();
  if (auto may = may_end(domain); !may) return may;
  if (request == PowerRequest::ForceOff) return take_power(domain);
  // By the hypervisor's own choice: the guest's agent where there is one, else ACPI.
  return virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_DEFAULT) == 0
             ? ok()
             : Status(last_failure("domain " + name_of(domain) + " can't be shut down"));
}

}  // namespace drover::libvirt
