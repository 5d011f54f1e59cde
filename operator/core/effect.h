// What the core wants done. act/ turns effects into calls; every one of them can be repeated without harm, and reports back as
// an event.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/event.h"
#include "model/migration.h"
#include "model/node.h"
#include "model/policy.h"
#include "model/power.h"

namespace drover {

struct SampleSignal {
  PolicyRef policy;
  Signal signal;
};

struct SampleUse {
  std::shared_ptr<const UseTable> done_with;  // an earlier answer: letting go of it takes time that a thread beside the loop has
};

// Ask the node's power driver whether the node is on.
struct SamplePower {
  std::string node;
  NodeDriver driver;
};

struct RoundQuestion;  // core/round.h

// Hold a round of a consolidation policy, which takes long where there are many nodes. Whoever carries it out takes the question
// apart.
struct HoldRound {
  PolicyRef policy;
  std::shared_ptr<RoundQuestion> question;
};

// Create a VirtualMachineInstanceMigration. Precondition, checked again just before the call: the VM still has vm_uid, still runs
// on `source`, and is not being evacuated; that it has no migration under way KubeVirt's admission checks. The name follows from
// the VM and its newest migration, so a second create of the same move meets AlreadyExists instead of a second migration.
struct CreateMigration {
  PolicyRef policy;
  std::string name;
  ObjectKey vm;
  std::string vm_uid;
  std::string source;
  std::string target;
  std::string target_host;           // Node::hostname of the target: what its own label calls it
  std::string reason;                // one sentence for the owner
  Duration unschedulable_timeout{};  // after which it fails if no node takes the VM's new pod,
  Duration pending_timeout{};        // or if that does not run
  bool dry_run = false;              // ask the platform's admission, create nothing (Recommend mode)
  bool read_only = false;            // of a dry run: ask no more than whether the migration of that name is there; NotFound if not
};

// Cancel a migration of ours: delete it under its uid. An evacuation of the VM goes on: it is a person's, and has migrations of its
// own.
struct CancelMigration {
  ObjectKey migration;
  std::string uid;
  ObjectKey vm;
  std::string reason;
};

struct WriteStatus {
  PolicyRef policy;
  PolicyStatus status;
};

enum class News { MigrationRecommended, MigrationStarted, MigrationSucceeded, MigrationFailed, MigrationCancelled };
[[nodiscard]] std::string_view to_string(News news);  // "MigrationStarted"

// Tell the owner: an Event on the VMI. `id_text` makes its name, so that the same news is told once, whoever tells it.
struct Announce {
  ObjectKey vm;
  std::string vm_uid;
  News news = News::MigrationStarted;
  std::string note;  // at most 1024 bytes
  std::string id_text;
  Instant at{};
};

// Write where a node stands in its life: annotations, taint and cordon (model/node.h, node_mark). Active takes all marks of ours
// away, the cordon only if it is ours. Precondition: the node still has node_uid and is in the life `before`.
struct MarkNode {
  PolicyRef policy;
  std::string node;
  std::string node_uid;
  NodeLife before = NodeLife::Active;
  NodeMarks marks;  // life, since, policy_uid, reason; cordoned: set spec.unschedulable
};

// Ask the node's power driver to switch it. Precondition for off: the node is PoweringOff and no launcher pod, live or terminating,
// is on it. The answer says that the order was taken; what became of it SamplePower tells.
struct SwitchPower {
  PolicyRef policy;
  std::string node;
  std::string node_uid;
  NodeDriver driver;
  PowerRequest request = PowerRequest::On;
};

struct WriteProfileStatus {
  std::string profile;
  PowerProfileStatus status;
};

// Ask the API server to evict an ordinary pod from a node that is being drained; PodDisruptionBudgets are honoured there.
// Precondition: the node is Draining and cordoned, the pod is still the one that was meant, on that node, and is no VM's.
struct EvictPod {
  PolicyRef policy;
  std::string node;
  std::string node_uid;
  ObjectKey pod;
  std::string pod_uid;
};

using EffectBody = std::variant<SampleSignal, SampleUse, SamplePower, HoldRound, CreateMigration, CancelMigration, WriteStatus,
                                Announce, MarkNode, SwitchPower, EvictPod, WriteProfileStatus>;

// "CreateMigration"; one that only asks is a "DryRunMigration". A label of metrics: never changes.
[[nodiscard]] std::string_view kind_of(const EffectBody& body);

struct Effect {
  EffectId id = 0;
  EffectBody body;
};

}  // namespace drover
