#include "adapters/libvirt/host_suspend.h"

#include <cstdlib>

#include "adapters/libvirt/failure.h"

namespace drover::libvirt {
namespace {

struct Way {
  unsigned target;
  const char* element;  // of <power_management> in a host's capabilities
};

Way way_of(HostSuspend::Target target) {
  switch (target) {
    case HostSuspend::Target::Memory: return {VIR_NODE_SUSPEND_TARGET_MEM, "<suspend_mem/>"};
    case HostSuspend::Target::Disk: return {VIR_NODE_SUSPEND_TARGET_DISK, "<suspend_disk/>"};
    case HostSuspend::Target::Hybrid: return {VIR_NODE_SUSPEND_TARGET_HYBRID, "<suspend_hybrid/>"};
  }
  return {VIR_NODE_SUSPEND_TARGET_MEM, ""};
}

}  // namespace

Status can_suspend(virConnectPtr connection, HostSuspend::Target target) {
  const std::unique_ptr<char, void (*)(void*)> capabilities(virConnectGetCapabilities(connection), std::free);
  if (capabilities == nullptr) return last_failure("what the libvirt host can do is not to be read");
  const char* const element = way_of(target).element;
  if (std::string_view(capabilities.get()).find(element) != std::string_view::npos) return ok();
  return Error{ErrorClass::Invalid, "the libvirt host can't be suspended so: its capabilities have no " + std::string(element) +
                                        "; choose another driver.libvirt.suspend.target, or another driver"};
}

Status suspend_host(virConnectPtr connection, const HostSuspend& settings) {
  if (auto can = can_suspend(connection, settings.target); !can) return can;
  const auto wake_after = std::chrono::duration_cast<seconds>(settings.wake_after).count();
  const int done =
      virNodeSuspendForDuration(connection, way_of(settings.target).target, static_cast<unsigned long long>(wake_after), 0);
  return done == 0 ? ok() : Status(last_failure("the libvirt host can't be suspended"));
}

}  // namespace drover::libvirt
