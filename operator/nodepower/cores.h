// Which idle cores go offline. Pure.
//
// A core goes with all its CPUs (SMT siblings). Cores go when the highest use of a whole window leaves room for it, and come back
// at once when it does not, when nearly all that is online is in use, or when the use is not known. In use is reckoned as if each
// busy CPU had a core of its own. Never: the core of CPU 0, reserved CPUs (isolcpus=, nohz_full=), a core with a CPU that can't be
// switched, that people have taken or that did not go lately, and the last core of a package.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nodepower/cpu_use.h"
#include "nodepower/machine.h"
#include "nodepower/settings.h"

namespace drover::nodepower {

struct CoreChoice {
  CpuSet offline;            // the CPUs that are to be offline
  std::string why_not_more;  // for people; empty: it is all that the settings allow
};

// `resting`: CPUs that this program has taken offline; `untouchable`: those that it may not touch.
[[nodiscard]] CoreChoice choose_cores(const Machine& machine, const IdleCores& settings, const std::optional<UseHistory::Use>& use,
                                      const CpuSet& resting, const CpuSet& untouchable);

// Why no core of this node may go offline; empty: nothing is in the way.
//
// `cpu_manager_state` is the kubelet's file of that name. With the static policy the kubelet gives containers CPUs of their own,
// and it does not start when the CPUs are others than those that it has noted. `cgroups` is /proc/1/cgroup: with version 1 a CPU
// that comes back stays lost to the containers that ran meanwhile.
[[nodiscard]] std::string core_obstacle(const Result<std::string>& cpu_manager_state, const Result<std::string>& cgroups);

}  // namespace drover::nodepower
