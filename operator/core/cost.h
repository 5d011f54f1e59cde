// What a live migration of a VM will cost, and whether it can end at all.
//
// Model: pre-copy sends the memory once and then what was dirtied meanwhile, again and again: bytes / (bandwidth - dirty rate) in
// all. While it is copied the VM loses `copy_overhead` of its speed. Downtime is estimated: KVM's default limit of 300 ms. Sources:
// kubevirt 1.8 virt-handler (completion and progress timeouts), Beloglazov and Buyya 2012 section 3.4. Pure functions.
#pragma once

#include <optional>
#include <string>

#include "core/options.h"
#include "model/cluster_view.h"
#include "model/decision.h"
#include "model/use.h"

namespace drover {

// KubeVirt's settings for one VM's migration: the KubeVirt object's, overridden by the KubeVirt MigrationPolicy that matches best
// (most labels, then most VM labels, then the first name; kubevirt pkg/virt-controller migrationpolicy.go).
struct MigrationSettings {
  double bandwidth_bytes_per_second = 0;  // 0: unlimited
  Duration completion_timeout_per_gib{};
  bool allow_auto_converge = false;
  bool allow_post_copy = false;
  bool allow_workload_disruption = false;
};
[[nodiscard]] MigrationSettings migration_settings(const ClusterView& view, const Vm& vm);

// QEMU stops the guest for what is left of its memory once that takes no longer; where nothing measures it.
inline constexpr Duration kEstimatedDowntime = milliseconds{300};

struct Estimate {
  MoveCost cost;
  std::string never_ends;  // why the copy would not converge in time, or ""
};
[[nodiscard]] Estimate estimate_move(const ClusterView& view, const Vm& vm, const UseTable& use, const CoreOptions& options);
// The same, given what the VM uses; null: it is not known.
[[nodiscard]] Estimate estimate_move(const ClusterView& view, const Vm& vm, const VmUse* use, const CoreOptions& options);

// How long KubeVirt itself lets the copy take while the guest runs at the source.
[[nodiscard]] Duration completion_timeout(const MigrationSettings& settings, const Vm& vm);
// The same until it ends whatever it takes to: where the guest may be stopped, or go on at the target, KubeVirt does that when the
// first is over, and gives it as long again (virt-launcher live-migration-source.go).
[[nodiscard]] Duration longest_copy(const MigrationSettings& settings, const Vm& vm);

}  // namespace drover
