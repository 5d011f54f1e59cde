// The connection of a pod to its own cluster: KUBERNETES_SERVICE_HOST and _PORT, and the ServiceAccount's mounted files.
#pragma once

#include "kube/connection.h"

namespace drover::kube {

inline constexpr const char* kServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

// `folder` holds token, ca.crt and namespace. The token is read again as it is renewed, the authority for each connection.
[[nodiscard]] Result<Connection> in_cluster(const Environment& environment, const Clock& clock,
                                            const std::string& folder = kServiceAccountFolder);

}  // namespace drover::kube
