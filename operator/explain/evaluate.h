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
  std::optional<Result<UseTable>> use;                       // when it was needed, or asked for
};

// Since when a VM is breached, the policy's status says, as it does to an operator that begins to lead. Of a breach that the status
// does not know, `for` is taken as over: looking once cannot tell how long it lasts (Decision::assumes says so).
[[nodiscard]] Evaluation evaluate(const ClusterView& view, MetricSource& metrics, const CoreOptions& options, bool always_use,
                                  Instant now);

}  // namespace drover
