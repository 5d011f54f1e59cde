// The answers of Prometheus' query API (/api/v1/query), read. Pure functions.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "adapters/prometheus/queries.h"
#include "base/result.h"
#include "model/object.h"
#include "ports/http_transport.h"

namespace drover::prometheus {

struct Vector {
  std::map<ObjectKey, double> values;
  std::optional<double> number;  // the value of a series without any label, as aggregates over all VMs are
  // Series that are left out: without the VM's labels, or not a finite number; and all but the largest of each VM, since
  // while it migrates the larger one is the running VM's.
  std::size_t unusable_series = 0;
  std::string warnings;  // Prometheus' own, joined: the answer may be partial
};

// Invalid: the query is wrong, in Prometheus' words, or its result is no instant vector. Retryable: it can't answer now.
// Denied: it wants other credentials.
[[nodiscard]] Result<Vector> read_answer(const Question& question, const HttpResponse& response);

}  // namespace drover::prometheus
