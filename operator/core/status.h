// The status of a policy: what its owner sees with kubectl. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/plan.h"
#include "core/policy_report.h"
#include "core/rule.h"
#include "model/cluster_view.h"
#include "model/decision.h"

namespace drover {

// `rule` is the policy's, null if its type is not acted on; `report` what it says, or a blank one.
[[nodiscard]] Readiness readiness(const ClusterView& view, const Policy& policy, const Rule* rule, const RuleReport& report);

[[nodiscard]] Verdict verdict_of(const Decision& decision);

// Of the VMs: how many the policy selects, and of these are breached.
struct VmCounts {
  std::int64_t selected = 0;
  std::int64_t breaching = 0;
};

// `decisions` are those of this policy, by VM; `records` newest first. Conditions keep their time while they stay as they were in
// `before`, and a verdict keeps its words while verdict, reason and target stay, so that figures alone cause no writes.
[[nodiscard]] PolicyStatus make_status(const ClusterView& view, const Policy& policy, const Readiness& ready, const Plan& plan,
                                       const std::vector<const Decision*>& decisions, const std::vector<MoveRecord>& records,
                                       const VmCounts& counts, const PolicyStatus& before, Instant now);

}  // namespace drover
