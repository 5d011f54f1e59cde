// The objects of Kubernetes and KubeVirt that the simulated parts have in the API server, as KubeVirt 1.8 makes them. Pure
// functions.
#pragma once

#include <string>

#include "model/cluster_view.h"
#include "sim/scenario.h"

namespace drover::sim {

[[nodiscard]] Node node_object(const NodeGroup& group, const std::string& name, const std::string& zone);
// The group's power model, as Drover is told of it.
[[nodiscard]] PowerProfile power_profile(const NodeGroup& group);
// Not running yet: phase Scheduling, no node.
[[nodiscard]] Vm vm_object(const VmGroup& group, const ObjectKey& key, const std::string& uid, Instant created);
// What virt-handler writes once the guest runs.
void set_running(Vm& vm, const std::string& node);
// A launcher pod that is not bound. Of a migration when that has a uid: with what it adds to the node selector.
[[nodiscard]] Pod launcher_pod(const VmGroup& group, const Vm& vm, const std::string& name);
[[nodiscard]] Pod target_pod(const VmGroup& group, const Vm& vm, const std::string& name, const Migration& migration);

// What a launcher pod asks of its node.
struct Requests {
  std::int64_t cpu_milli = 0;
  std::int64_t memory_bytes = 0;
};
[[nodiscard]] Requests requests_of(const VmGroup& group);

// Whether the scheduler lets a new launcher pod on the node, as far as that does not depend on room.
[[nodiscard]] bool accepts_pods(const Node& node);

}  // namespace drover::sim
