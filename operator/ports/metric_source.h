// Where measured figures come from: Prometheus; later also what guests report.
#pragma once

#include <stop_token>

#include "base/result.h"
#include "model/policy.h"
#include "model/use.h"

namespace drover {

class MetricSource {
 public:
  virtual ~MetricSource() = default;
  // The present value of a signal for every VM that has one. Thread-safe; blocks up to the source's own deadline.
  // Errors: Retryable (down, slow), Invalid (the query: message as the source gave it, or a result that is no instant vector).
  [[nodiscard]] virtual Result<SignalTable> sample(const Signal& signal, Instant now, std::stop_token stop) = 0;
  // What every VM uses now. Thread-safe.
  [[nodiscard]] virtual Result<UseTable> sample_use(Instant now, std::stop_token stop) = 0;
};

}  // namespace drover
