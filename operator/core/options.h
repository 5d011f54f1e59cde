// What the operator's administrator sets for all policies.
#pragma once

#include <string>

#include "base/time.h"
#include "core/signal_offer.h"

namespace drover {

struct CoreOptions {
  std::int64_t max_inbound_per_node = 2;              // KubeVirt has no such limit
  double assumed_bandwidth_bytes_per_second = 125e6;  // when KubeVirt sets none: 1 Gbit/s
  double copy_overhead = 0.1;                         // of a VM's speed while it is copied (Beloglazov and Buyya 2012, 3.4)
  Duration use_max_age = seconds{5};                  // measured use older than this is sampled again before a decision
  // Zero, or how often whoever keeps books of energy wants to know what VMs use and which nodes are on, though no policy needs it.
  Duration sample_interval{};
  // How long a target pod may take. KubeVirt would wait for five minutes for a node to take it, and a quarter of an hour for it to
  // run: pulling an image or attaching a volume is slow where a volume was never before.
  Duration unschedulable_timeout = seconds{30};  // until it has a node
  Duration pending_timeout = minutes{5};         // until it runs
  Duration deadline_slack = seconds{60};         // past KubeVirt's own time limits before a migration counts as hung
  bool tells_machines = false;                   // that nodes sleep: Cluster API's, whose Machines are in this cluster
  std::string own_node;                          // that Drover itself runs on: never emptied
  Duration status_interval = seconds{1};         // least time between two writes of one policy's status
  SignalOffer signals;                           // what policies may have asked of Prometheus
};

}  // namespace drover
