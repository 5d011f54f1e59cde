// PowerDriver for machines without a management controller: on by a magic packet, off by a pod on the node that asks its system to
// power off, where the profile names one (driver.wakeOnLAN.shutdown); without it such nodes are woken and never put to sleep.
//
// Whether a node is off can't be read, it is concluded (silence.h): from its Node and its Lease by the API server, and from its
// kubelet's port by a connection. A node whose address does not answer Drover while it is Ready is not put to sleep, since its
// silence would prove nothing. Magic packets reach the segment they are sent into: the operator must stand in it (hostNetwork), or
// its router must let directed broadcasts through.
#pragma once

#include <set>
#include <string>

#include "adapters/wake_on_lan/network.h"
#include "adapters/wake_on_lan/power_off_pod.h"
#include "adapters/wake_on_lan/silence.h"
#include "base/mutex.h"
#include "ports/clock.h"
#include "ports/kube_api.h"
#include "ports/power_driver.h"

namespace drover::wake_on_lan {

// Thread-safe. What is passed by reference must outlive it.
class WakeOnLanDriver final : public PowerDriver {
 public:
  WakeOnLanDriver(KubeApi& api, Network& network, const Clock& clock) : api_(api), network_(network), clock_(clock) {}

  Result<PowerAnswer> state(const NodeDriver& target, std::stop_token stop) override;
  // There is no power to take away: ForceOff asks the node's system again, and is Invalid when its kubelet runs no pods.
  Status switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) override;

 private:
  // Of the Node as it is now.
  struct NodeNow {
    std::string uid;
    std::string address;  // its InternalIP
    std::string boot_id;
    bool ready = false;
  };
  Result<NodeNow> read_node(const std::string& name, const std::stop_token& stop);
  Result<std::string> read_renewed(const std::string& name, const std::stop_token& stop);
  Status wake(const NodeDriver& target, const std::stop_token& stop);
  Status shut_down(const NodeDriver& target, const std::stop_token& stop);
  void forget_pod(const NodeDriver& target, const std::stop_token& stop);
  Status judge_pod(const PowerOffPod& pod, const ObjectKey& key, const std::stop_token& stop);

  KubeApi& api_;
  Network& network_;
  const Clock& clock_;
  Mutex mutex_;
  Silence silence_ DROVER_GUARDED_BY(mutex_);
  std::set<std::string> pods_ DROVER_GUARDED_BY(mutex_);  // uids of nodes whose pod may still be there
};

}  // namespace drover::wake_on_lan
