// What KubeVirt's own configuration says about migrations (kubevirt.io/v1 KubeVirt; migrations.kubevirt.io/v1alpha1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/object.h"
#include "model/platform.h"
#include "model/vm.h"

namespace drover {

// spec.configuration.migrations with KubeVirt's defaults, and what its version can do. One in a cluster.
struct KubeVirt {
  bool present = false;  // a KubeVirt object was seen
  std::string version;   // status.observedKubeVirtVersion, "" when unknown
  std::string phase;     // status.phase
  std::int64_t parallel_migrations_per_cluster = 5;
  std::int64_t parallel_outbound_migrations_per_node = 2;
  std::int64_t bandwidth_per_migration_bytes_per_second = 0;  // 0: unlimited
  std::int64_t completion_timeout_per_gib_seconds = 150;
  std::int64_t progress_timeout_seconds = 150;
  bool allow_auto_converge = false;
  bool allow_post_copy = false;
  bool allow_workload_disruption = false;  // at its time limit the guest is stopped (or post-copied), and the limit doubled
  friend bool operator==(const KubeVirt&, const KubeVirt&) = default;
};

// What a version of KubeVirt offers Drover. An unknown version counts as the newest for what binds us (vendor lock) and as
// the oldest supported for what helps us.
struct Capabilities {
  bool added_node_selector = true;  // 1.6: without it no target can be named, so nothing is moved
  bool cpu_vendor_lock = true;      // 1.8: the target needs the source node's cpu-vendor label
};
[[nodiscard]] Capabilities capabilities(const KubeVirt& kubevirt);

// What it means for Drover as a platform.
[[nodiscard]] Platform platform_of(const KubeVirt& kubevirt);
[[nodiscard]] MigrationLimits limits_of(const KubeVirt& kubevirt);

// KubeVirt's own MigrationPolicy: it tunes how VMs migrate, never whether.
struct KubeVirtMigrationPolicy {
  std::string name;
  std::optional<Labels> namespace_selector;  // plain equality
  std::optional<Labels> vm_selector;
  std::optional<std::int64_t> bandwidth_per_migration_bytes_per_second;
  std::optional<std::int64_t> completion_timeout_per_gib_seconds;
  std::optional<bool> allow_auto_converge;
  std::optional<bool> allow_post_copy;
  std::optional<bool> allow_workload_disruption;
  friend bool operator==(const KubeVirtMigrationPolicy&, const KubeVirtMigrationPolicy&) = default;
};

}  // namespace drover
