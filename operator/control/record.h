// What the loop leaves behind of its work: log lines and metrics.
#pragma once

#include <set>
#include <string>

#include "control/inbox.h"
#include "core/step.h"
#include "model/cluster_view.h"
#include "ports/log.h"
#include "ports/telemetry.h"

namespace drover {

// Series that are to be seen at 0 before anything has happened, so that an alert on their growth sees the first one too.
void record_begin(Telemetry& telemetry);
void record_batch(Telemetry& telemetry, const Batch& batch);
void record_delta(Telemetry& telemetry, const reflect::Delta& delta);
// After the view has changed. `quarantined`: the nodes that were in quarantine before, and then those that are.
void record_view(Telemetry& telemetry, const ClusterView& view, bool synced, std::set<std::string>& quarantined);
// A watch has a problem, or has it no more.
void record_watch(Log& log, const reflect::Delta& delta);
// Decisions, violations and news of one step.
void record_step(Log& log, Telemetry& telemetry, const StepResult& result);

}  // namespace drover
