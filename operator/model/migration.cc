#include "model/migration.h"

namespace drover {

bool Migration::is_running() const {
  switch (phase) {
    case MigrationPhase::Scheduling:
    case MigrationPhase::Scheduled:
    case MigrationPhase::PreparingTarget:
    case MigrationPhase::TargetReady:
    case MigrationPhase::Running: return true;
    default: return false;
  }
}

std::string_view to_string(MigrationPhase phase) {
  switch (phase) {
    case MigrationPhase::Unset: return "";
    case MigrationPhase::Pending: return "Pending";
    case MigrationPhase::Scheduling: return "Scheduling";
    case MigrationPhase::Scheduled: return "Scheduled";
    case MigrationPhase::PreparingTarget: return "PreparingTarget";
    case MigrationPhase::TargetReady: return "TargetReady";
    case MigrationPhase::Running: return "Running";
    case MigrationPhase::Succeeded: return "Succeeded";
    case MigrationPhase::Failed: return "Failed";
    case MigrationPhase::WaitingForSync: return "WaitingForSync";
    case MigrationPhase::Synchronizing: return "Synchronizing";
    case MigrationPhase::Unknown: return "Unknown";
  }
  return "Unknown";
}

}  // namespace drover
