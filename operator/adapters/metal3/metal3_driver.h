// PowerDriver over Metal3: spec.online of the BareMetalHost that a node runs on. Metal3's own operator speaks to the management
// controller; Drover never does beside it (metal3/unmanaged_only.h).
//
// spec.online, not the annotation reboot.metal3.io/...: Cluster API's remediation leaves a host alone whose spec.online is false.
// It is written by server-side apply under the uid and the resource version that were read, so that nothing else of the host
// changes and what was found to be in order still is. Who keeps hosts in Git tells his tool to leave that field alone.
#pragma once

#include "adapters/metal3/hosts.h"
#include "ports/power_driver.h"

namespace drover::metal3 {

// Thread-safe. What is passed by reference must outlive it.
class Metal3Driver final : public PowerDriver {
 public:
  // `api`: of the cluster where the BareMetalHosts are.
  Metal3Driver(KubeApi& api, Hosts& hosts) : api_(api), hosts_(hosts) {}

  // The status of a host lags by a minute behind what the operator orders, and by three behind what others do; a caller reads it
  // twice. A host that is on and could not be switched off now is an error with the reason, so that its node is not emptied for it.
  Result<PowerAnswer> state(const NodeDriver& target, std::stop_token stop) override;
  // ForceOff is GracefulOff: Metal3's operator takes the power away by itself when a machine has not ended in three minutes.
  Status switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) override;

 private:
  [[nodiscard]] Result<Host> host_of(const NodeDriver& target, const std::stop_token& stop);

  KubeApi& api_;
  Hosts& hosts_;
};

}  // namespace drover::metal3
