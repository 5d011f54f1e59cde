// A running virtual machine: KubeVirt's VirtualMachineInstance (kubevirt.io/v1), or a domain of another world.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/object.h"

namespace drover {

enum class VmPhase { Unset, Pending, Scheduling, Scheduled, Running, Succeeded, Failed, Unknown };
[[nodiscard]] std::string_view to_string(VmPhase phase);  // "Running", as KubeVirt writes it; "" of Unset

// status.migrationState, the last migration that reached hand-over. KubeVirt replaces it whole at the next.
struct MigrationState {
  std::string migration_uid;
  std::string source_node;
  std::string target_node;
  bool completed = false;
  bool failed = false;
  bool abort_requested = false;
  std::string failure_reason;
  std::string mode;  // PreCopy, PostCopy, Paused
  std::optional<Instant> started;
  std::optional<Instant> ended;
  // The guest stands still, or runs on the target already: to cancel now would only lengthen its stop, or lose it.
  [[nodiscard]] bool is_past_precopy() const { return mode == "Paused" || mode == "PostCopy"; }
  friend bool operator==(const MigrationState&, const MigrationState&) = default;
};

struct Vm {
  ObjectKey key;
  std::string uid;
  Labels labels;
  VmPhase phase = VmPhase::Unset;
  std::string node;               // status.nodeName
  bool terminating = false;       // has a deletionTimestamp
  std::int64_t vcpus = 0;         // cores x sockets x threads of spec.domain.cpu (status.currentCPUTopology wins); at least 1
  std::int64_t memory_bytes = 0;  // guest memory: status.memory.guestCurrent, spec.domain.memory.guest, or the request
  bool hugepages = false;         // its memory is of huge pages, which the resident memory of its process leaves out
  Labels node_selector;  // spec.nodeSelector: the VM's own demand, unlike its pod's, which carries those of earlier migrations
  std::vector<std::string> claims;  // PersistentVolumeClaims of spec.volumes: hot-plugged ones too, unlike the launcher pod's
  std::string evacuation_node;      // status.evacuationNodeName: a drain holds this VM while it equals `node`
  // Condition LiveMigratable: empty optional when absent (unknown, not true).
  std::optional<bool> live_migratable;
  std::string not_migratable_reason;
  std::string not_migratable_message;
  // Conditions that hold a migration in Running or forbid it: HotVCPUChange, HotMemoryChange, MigrationRequired, VolumesChange.
  std::vector<std::string> pending_changes;
  std::string selinux_context;  // status.selinuxContext: KubeVirt creates no target pod while it is empty
  bool host_model_cpu = true;   // spec.domain.cpu.model is host-model (KubeVirt's default)
  std::optional<MigrationState> migration;
  std::string excluded_reason;  // annotation drover.dev/exclude: the owner keeps Drover off this VM ("" = not excluded)
  Instant created{};

  [[nodiscard]] bool is_final() const { return phase == VmPhase::Succeeded || phase == VmPhase::Failed; }
  friend bool operator==(const Vm&, const Vm&) = default;
};

}  // namespace drover
