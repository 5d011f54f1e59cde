// What the operator would decide right now: the same core, shown the same view, with every effect but looking left out.
#pragma once

#include <map>
#include <vector>

#include "core/options.h"
#include "core/step.h"
#include "model/cluster_view.h"
#include "model/decision.h"
#include "model/use.h"
#include "ports/metric_source.h"

namespace drover {

struct Evaluation {
  std::vector<PolicyReport> policies;
  std::vector<Decision> decisions;                           // by policy, then VM: of those that it would move
  std::map<PolicyRef, std::map<ObjectKey, Decision>> quiet;  // of each VM that it selects: why, should there be no decision
  std::map<PolicyRef, Result<SignalTable>> signals;          // of the policies that were sampled
  std::optional<Result<UseTable>> use;                       // when it was needed, or asked for
};

// A breach that is new to this process can't be seen to last: of each policy `for` is taken as over, and a Decision to move whose
// policy's status knows since when is put off again until its time has come. How long a breach has lasted when the status does not
// know it stays unknown (Decision::breached_since is empty).
[[nodiscard]] Evaluation evaluate(const ClusterView& view, MetricSource& metrics, const CoreOptions& options, bool always_use,
                                  Instant now);

}  // namespace drover
