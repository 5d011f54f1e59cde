// The doors to the cluster and its metrics, opened as the flags say.
#pragma once

#include <memory>
#include <string>

#include "app/flags.h"
#include "ports/clock.h"
#include "ports/kube_api.h"
#include "ports/log.h"
#include "ports/metric_source.h"

namespace drover {

struct Access {
  std::unique_ptr<KubeApi> api;
  std::unique_ptr<MetricSource> metrics;
  std::string source;  // where the credentials were found, for people
  std::string server;  // the API server's address, as it is there
};

// No request is made yet. Errors name the flag, file or field, and the fix. `clock` and `log` must outlive it.
[[nodiscard]] Result<Access> open_access(const ClusterFlags& flags, const Clock& clock, Log& log);

// What came of reading the cluster: which one it was, and what to look at when nobody answers there.
[[nodiscard]] Error cluster_error(const Access& access, const Error& error);

// To standard error.
[[nodiscard]] std::unique_ptr<Log> open_log(const ClusterFlags& flags);

}  // namespace drover
