// The power drivers that need no management controller's credentials: Metal3, Wake-on-LAN, libvirt; and what keeps drivers off the
// hosts that Metal3 manages.
#pragma once

#include "adapters/libvirt/libvirt_driver.h"
#include "adapters/metal3/metal3_driver.h"
#include "adapters/metal3/unmanaged_only.h"
#include "adapters/wake_on_lan/system_network.h"
#include "adapters/wake_on_lan/wake_on_lan_driver.h"
#include "ports/clock.h"
#include "ports/kube_api.h"

namespace drover {

// At most one at a time in a process. Thread-safe once made. What is passed by reference must outlive it.
class MachineDrivers {
 public:
  // `metal3`: the cluster where BareMetalHosts are, perhaps the same.
  MachineDrivers(KubeApi& api, KubeApi& metal3, const Clock& clock)
      : hosts_(metal3, clock), metal3_(metal3, hosts_), wake_on_lan_(api, network_, clock), libvirt_(clock) {}

  void add_to(PowerDrivers& drivers) {
    drivers.add(PowerDriverKind::Metal3, metal3_);
    drivers.add(PowerDriverKind::WakeOnLan, guarded_wake_on_lan_);
    drivers.add(PowerDriverKind::Libvirt, guarded_libvirt_);
  }
  // For metal3::UnmanagedOnly around other drivers.
  [[nodiscard]] metal3::Hosts& hosts() { return hosts_; }

 private:
  metal3::Hosts hosts_;
  metal3::Metal3Driver metal3_;
  wake_on_lan::SystemNetwork network_;
  wake_on_lan::WakeOnLanDriver wake_on_lan_;
  libvirt::LibvirtDriver libvirt_;
  metal3::UnmanagedOnly guarded_wake_on_lan_{wake_on_lan_, hosts_};
  metal3::UnmanagedOnly guarded_libvirt_{libvirt_, hosts_};
};

}  // namespace drover
