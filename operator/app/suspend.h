// `drover suspend`: the emergency stop. Every policy is put to rest, and what Drover did to nodes is waited for to be undone, which
// an operator that is scaled away would leave as it is: nodes without pods, cordoned for ever.
#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "ports/clock.h"
#include "ports/kube_api.h"

namespace drover {

struct SuspendTools {
  KubeApi& api;
  const Clock& clock;
  std::function<void(Duration)> pause;
  std::ostream& out;
  std::ostream& err;
  std::string cluster;  // for people: "https://10.0.0.1:6443 (context dev of /home/a/.kube/config)"
};

// Sets spec.suspend of each MigrationPolicy and ClusterMigrationPolicy, whatever else fails, then looks every few seconds until no
// policy acts, no node bears a mark but those in Quarantine, which wait for a person, and no move is under way; at most for `wait`.
// Says what was done, and at the end what remains; while nobody answers at the API server's address, that alone.  An exit code:
// done only if nothing remains. May be called again and again.
[[nodiscard]] int suspend_all(const SuspendTools& tools, Duration wait);

}  // namespace drover
