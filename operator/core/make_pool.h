// The pool of a consolidation policy (consolidate/pool.h), from the view and the newest use. Pure.
#pragma once

#include <map>
#include <string>

#include "consolidate/pool.h"
#include "core/ledger.h"
#include "core/limits.h"
#include "core/node_life.h"
#include "core/options.h"
#include "core/plan.h"
#include "core/proposal.h"
#include "core/roster.h"
#include "model/cluster_view.h"
#include "model/use.h"

namespace drover {

// What a pool is made from, all of one moment.
struct PoolSources {
  const ClusterView& view;
  const Roster& roster;
  const SeenLives& lives;
  const UseTable& use;
  const CoreOptions& options;
  const Plan& plan;
  const Ledger& ledger;
  const std::map<ObjectKey, Refusal>& refusals;
  const std::map<std::string, std::string> kept_on;  // node -> why other policies do not let it be emptied
  Instant now{};
};

// Whether the VM has come to its node so lately that it need not be measured yet.
[[nodiscard]] bool is_new_to_metrics(const Vm& vm, Instant now);

// All nodes that run VMs, and those that Drover has put to rest; all VMs on them. Those that wait for a node are not
// shown: core/make_room.h brings nodes back for them. Nodes that the policy may not empty say why in keeps_on; VMs that it does not
// select, or that cannot move, are not movable. CPU is in cores. The view, the plan and the use are referred to by Pool::may_run
// and must outlive the pool.
[[nodiscard]] Pool make_pool(const PoolSources& sources, const Policy& policy, const ConsolidationSettings& settings);

}  // namespace drover
