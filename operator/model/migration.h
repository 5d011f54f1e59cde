// A live migration: KubeVirt's VirtualMachineInstanceMigration (VMIM).
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "model/object.h"
#include "model/vm.h"

namespace drover {

enum class MigrationPhase {
  Unset,
  Pending,
  Scheduling,
  Scheduled,
  PreparingTarget,
  TargetReady,
  Running,
  Succeeded,
  Failed,
  WaitingForSync,
  Synchronizing,
  Unknown,
};

struct Migration {
  ObjectKey key;
  std::string uid;
  std::string vm_name;  // spec.vmiName, in the migration's own namespace
  MigrationPhase phase = MigrationPhase::Unset;
  bool terminating = false;  // has a deletionTimestamp: being cancelled
  Labels labels;             // Drover's own have the prefix drover.dev/
  Labels annotations;        // Drover's and KubeVirt's, of the prefixes drover.dev/ and kubevirt.io/ only
  Labels added_node_selector;
  Instant created{};
  std::optional<Instant> ended;         // when the phase became Succeeded or Failed (phaseTransitionTimestamps)
  std::optional<MigrationState> state;  // status.migrationState: filled by KubeVirt once the migration is final
  bool rejected_by_quota = false;       // condition migrationRejectedByResourceQuota

  [[nodiscard]] bool is_final() const { return phase == MigrationPhase::Succeeded || phase == MigrationPhase::Failed; }
  // Counts against KubeVirt's limits: everything between Scheduling and the end (kubevirt: migration IsRunning).
  [[nodiscard]] bool is_running() const;
  [[nodiscard]] ObjectKey vm() const { return {key.ns, vm_name}; }
  friend bool operator==(const Migration&, const Migration&) = default;
};

[[nodiscard]] std::string_view to_string(MigrationPhase phase);

// Labels and annotations that Drover writes on its migrations; they are its memory across restarts.
namespace mark {
inline constexpr std::string_view kPolicyUid = "drover.dev/policy-uid";  // label
inline constexpr std::string_view kPolicy = "drover.dev/policy";         // annotation: "ns/name" or "name"
inline constexpr std::string_view kSource = "drover.dev/source-node";    // annotation
inline constexpr std::string_view kTarget = "drover.dev/target-node";    // annotation
inline constexpr std::string_view kReason = "drover.dev/reason";         // annotation: one sentence for the owner
inline constexpr std::string_view kExclude = "drover.dev/exclude";       // annotation on a VMI or its VM, by its owner
}  // namespace mark

}  // namespace drover
