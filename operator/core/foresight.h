// Foresight: what VMs and other pods will soon ask for beyond what they do now, by what they asked for in the weeks before
// (consolidate/weekly_demand.h), and the nodes that are woken for it in time. Counted as the scheduler does, in requests, over the
// whole cluster. Pure.
#pragma once

#include <string>
#include <vector>

#include "consolidate/weekly_demand.h"
#include "core/reserve.h"

namespace drover {

// By VMs and by pods that are no part of their nodes, those that wait for a node among them. A VM that is being moved counts once.
[[nodiscard]] Amounts asked_for(const ClusterView& view);

struct Foreseen {
  Amounts rise;                   // that is to have room; zero: none is foreseen
  std::vector<std::string> wake;  // nodes at rest that are to be woken for it now
  std::string why;                // in words, where there is a rise
};

// The roster is up to date with the view; of the nodes, those that the policy of this uid put to rest. It looks ahead for as long
// as the slowest of them takes to wake.
[[nodiscard]] Foreseen foresee(const ClusterView& view, const Roster& roster, const ConsolidationSettings& settings,
                               const WeeklyDemand& demand, const std::string& policy_uid, Instant now);

}  // namespace drover
