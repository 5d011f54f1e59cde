// The flags that several commands share, in groups: each command declares those that it looks at.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "app/flags.h"

namespace drover {

// How to reach the cluster.
void declare_cluster(CLI::App& app, ClusterFlags& flags);
// How to reach Prometheus, and what policies may have asked of it; and the log, into which its warnings go.
void declare_prometheus(CLI::App& app, ClusterFlags& flags);
// What decisions rest on besides. `bandwidth`: as written.
void declare_decisions(CLI::App& app, ClusterFlags& flags, std::string& bandwidth);

}  // namespace drover
