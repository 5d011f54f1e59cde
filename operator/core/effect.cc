#include "core/effect.h"

namespace drover {

std::string_view to_string(News news) {
  switch (news) {
    case News::MigrationRecommended: return "MigrationRecommended";
    case News::MigrationStarted: return "MigrationStarted";
    case News::MigrationSucceeded: return "MigrationSucceeded";
    case News::MigrationFailed: return "MigrationFailed";
    case News::MigrationCancelled: return "MigrationCancelled";
  }
  return "Unknown";
}

std::string_view kind_of(const EffectBody& body) {
  struct Name {
    std::string_view operator()(const SampleSignal&) const { return "SampleSignal"; }
    std::string_view operator()(const SampleUse&) const { return "SampleUse"; }
    std::string_view operator()(const SamplePower&) const { return "SamplePower"; }
    std::string_view operator()(const HoldRound&) const { return "HoldRound"; }
    std::string_view operator()(const CreateMigration& e) const { return e.dry_run ? "DryRunMigration" : "CreateMigration"; }
    std::string_view operator()(const CancelMigration&) const { return "CancelMigration"; }
    std::string_view operator()(const WriteStatus&) const { return "WriteStatus"; }
    std::string_view operator()(const Announce&) const { return "Announce"; }
    std::string_view operator()(const WriteProfileStatus&) const { return "WriteProfileStatus"; }
    std::string_view operator()(const EvictPod&) const { return "EvictPod"; }
    std::string_view operator()(const MarkNode&) const { return "MarkNode"; }
    std::string_view operator()(const SwitchPower&) const { return "SwitchPower"; }
  };
  return std::visit(Name{}, body);
}

}  // namespace drover
