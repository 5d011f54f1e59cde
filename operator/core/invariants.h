// The invariants that an effect must keep, checked once more just before it leaves the core, from the view and not from what the
// decision believed. Expected never to fail; an effect that does is not made, and is counted and reported.
//
// Their numbers are those of the design: 2 NoVmInTwoMoves, 3 LimitsHold, 5 TargetFits, 8 OnlyTheLeaderActs. Pure.
#pragma once

#include <optional>

#include "core/options.h"
#include "core/plan.h"
#include "core/step.h"

namespace drover {

// `plan` holds every move under way or decided, without the one that the effect would start.
[[nodiscard]] std::optional<Violation> broken_by(const CreateMigration& effect, const ClusterView& view, const Plan& plan,
                                                 bool leading, const CoreOptions& options, Instant now);
[[nodiscard]] std::optional<Violation> broken_by(const CancelMigration& effect, const ClusterView& view, bool leading);

}  // namespace drover
