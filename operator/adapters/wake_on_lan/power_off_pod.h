// The pod that ends a node's system: Wake-on-LAN switches on only. Pure.
//
// A pod of one command, privileged and in the host's process namespace, which enters the namespaces of the host's first process and
// asks systemd to power off, as a person at the console would. It bears the id of the node's present boot and does nothing in
// another, so that a kubelet that finds it after a wake, or hours late, does not switch the machine off again. It belongs to its
// Node (as owner), so it counts as no workload and goes with it; it has no token, and no time beyond its deadline.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "model/power.h"

namespace drover::wake_on_lan {

struct PowerOffPod {
  std::string node;
  std::string node_uid;
  std::string boot_id;  // status.nodeInfo.bootID
};

// One for a node, whenever it is asked for.
[[nodiscard]] std::string pod_name(const std::string& node_uid);
[[nodiscard]] std::string pod_json(const PowerOffPod& pod, const PodSettings& settings);

// How the pod of that name stands. Other: it is not of this node and boot, so it has to go first.
enum class PodStand { UnderWay, Failed, Other };
struct PodFound {
  PodStand stand = PodStand::Other;
  std::string uid;
  std::string why;  // Failed, or UnderWay and held up: what the kubelet says
};
[[nodiscard]] Result<PodFound> read_pod(std::string_view json, const PowerOffPod& wanted);

}  // namespace drover::wake_on_lan
