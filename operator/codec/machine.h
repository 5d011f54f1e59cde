// A Machine of Cluster API (cluster.x-k8s.io), as far as its MachineHealthChecks go by it: one with the annotation
// cluster.x-k8s.io/skip-remediation is left alone whatever its node does.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/object.h"

namespace drover {

inline constexpr std::string_view kSkipRemediation = "cluster.x-k8s.io/skip-remediation";

struct Machine {
  std::string uid;
  std::string node;            // status.nodeRef.name
  bool is_left_alone = false;  // the annotation is there, and is not Drover's
};
[[nodiscard]] Result<Machine> decode_machine(std::string_view json);

// For a server-side apply: the annotation, or without it, which takes off what the same field manager wrote and nothing else.
[[nodiscard]] std::string encode_machine_notice(const ObjectKey& machine, const std::string& version, const std::string& uid,
                                                bool leave_alone);

}  // namespace drover
