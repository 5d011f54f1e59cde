// kubeconfig files (kind Config, v1), merged as kubectl merges them: the first file to name a cluster, user or context wins,
// and so does the first current-context. Paths in a file are relative to its folder.
#pragma once

#include <string>
#include <vector>

#include "kube/connection.h"

namespace drover::kube {

// The parts of KUBECONFIG.
[[nodiscard]] std::vector<std::string> split_kubeconfig_list(const std::string& list);

// Of several files some may be missing or empty, but not all. Credentials that a header holds are refused over plain http, but to a
// loopback address. `context` empty: the current-context. Errors are Invalid and name file,
// field and fix; never a secret.
[[nodiscard]] Result<Connection> load_kubeconfig(const std::vector<std::string>& files, const std::string& context,
                                                 const Clock& clock);

}  // namespace drover::kube
