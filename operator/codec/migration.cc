#include "codec/migration.h"

#include <nlohmann/json.hpp>

#include "codec/json_value.h"
#include "codec/vm.h"
#include "codec/write.h"

namespace drover {
namespace {

MigrationPhase migration_phase(std::string_view text) {
  static constexpr MigrationPhase kPhases[] = {
      MigrationPhase::Unset,           MigrationPhase::Pending,        MigrationPhase::Scheduling,   MigrationPhase::Scheduled,
      MigrationPhase::PreparingTarget, MigrationPhase::TargetReady,    MigrationPhase::Running,      MigrationPhase::Succeeded,
      MigrationPhase::Failed,          MigrationPhase::WaitingForSync, MigrationPhase::Synchronizing};
  for (const MigrationPhase phase : kPhases) {
    if (to_string(phase) == text) return phase;
  }
  return MigrationPhase::Unknown;
}

// {phase, phaseTransitionTimestamp}: when the migration became final, if this is that.
void read_transition(JsonValue item, Migration& migration) {
  std::string_view phase;
  std::optional<Instant> at;
  item.each_field([&](std::string_view key, JsonValue value) {
    if (key == "phase") phase = value.text();
    if (key == "phaseTransitionTimestamp") at = value.instant();
  });
  if (phase == "Succeeded" || phase == "Failed") migration.ended = at;
}

bool is_rejected_by_quota(JsonValue condition) {
  bool rejected = false;
  bool holds = false;
  condition.each_field([&](std::string_view key, JsonValue value) {
    if (key == "type") rejected = value.text() == "migrationRejectedByResourceQuota";
    if (key == "status") holds = value.text() == "True";
  });
  return rejected && holds;
}

bool keeps_annotation(std::string_view name) {
  return name.starts_with("drover.dev/") || name.starts_with("kubevirt.io/");
}

void read_status(JsonValue status, Migration& migration) {
  status.each_field([&](std::string_view key, JsonValue value) {
    if (key == "phase") {
      migration.phase = migration_phase(value.text());
    } else if (key == "migrationState") {
      migration.state = read_migration_state(value);
    } else if (key == "phaseTransitionTimestamps") {
      value.each_item([&](JsonValue item) { read_transition(item, migration); });
    } else if (key == "conditions") {
      value.each_item(
          [&](JsonValue item) { migration.rejected_by_quota = is_rejected_by_quota(item) || migration.rejected_by_quota; });
    }
  });
}

}  // namespace

Migration read_migration(JsonValue object) {
  Migration migration;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      Metadata meta = read_metadata(value, Keep::All, keeps_annotation);
      migration.key = std::move(meta.key);
      migration.uid = std::move(meta.uid);
      migration.labels = std::move(meta.labels);
      migration.annotations = std::move(meta.annotations);
      migration.created = meta.created.value_or(Instant{});
      migration.terminating = meta.terminating;
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "vmiName") migration.vm_name = field.string();
        if (name == "addedNodeSelector") migration.added_node_selector = field.labels();
      });
    } else if (key == "status") {
      read_status(value, migration);
    }
  });
  return migration;
}

Result<Migration> decode_migration(std::string_view json) {
  return decode_one<Migration>("virtualmachineinstancemigrations.kubevirt.io", json, read_migration);
}

std::string encode_migration(const Migration& migration) {
  nlohmann::json metadata = {{"name", migration.key.name}, {"namespace", migration.key.ns}};
  if (!migration.labels.empty()) metadata["labels"] = write::labels(migration.labels);
  if (!migration.annotations.empty()) metadata["annotations"] = write::labels(migration.annotations);
  nlohmann::json spec = {{"vmiName", migration.vm_name}};
  if (!migration.added_node_selector.empty()) spec["addedNodeSelector"] = write::labels(migration.added_node_selector);
  return write::text({{"apiVersion", "kubevirt.io/v1"},
                      {"kind", "VirtualMachineInstanceMigration"},
                      {"metadata", std::move(metadata)},
                      {"spec", std::move(spec)}});
}

}  // namespace drover
