#include "model/policy.h"

namespace drover {

std::string_view type_of(const PolicySettings& settings) {
  return std::visit([](const auto& of_type) { return of_type.kType; }, settings);
}

namespace {

// A type that is missing here does not compile. core/rules.cc makes rules of the same ones.
struct ActedOn {
  bool operator()(const ThresholdSettings& /*s*/) const { return true; }
  bool operator()(const GeoSettings& /*s*/) const { return false; }
  bool operator()(const EncryptedSettings& /*s*/) const { return false; }
  bool operator()(const RandomIntervalSettings& /*s*/) const { return false; }
  bool operator()(const ConsolidationSettings& /*s*/) const { return true; }
};

}  // namespace

bool is_acted_on(const PolicySettings& settings) {
  return std::visit(ActedOn{}, settings);
}

std::string_view to_string(ConditionReason reason) {
  switch (reason) {
    case ConditionReason::Watching: return "Watching";
    case ConditionReason::NothingSelected: return "NothingSelected";
    case ConditionReason::Suspended: return "Suspended";
    case ConditionReason::Invalid: return "Invalid";
    case ConditionReason::NotImplemented: return "NotImplemented";
    case ConditionReason::KubeVirtAbsent: return "KubeVirtAbsent";
    case ConditionReason::KubeVirtTooOld: return "KubeVirtTooOld";
    case ConditionReason::PromQlNotAllowed: return "PromQlNotAllowed";
    case ConditionReason::SignalInvalid: return "SignalInvalid";
    case ConditionReason::SignalUnavailable: return "SignalUnavailable";
    case ConditionReason::MovesInFlight: return "MovesInFlight";
    case ConditionReason::Settled: return "Settled";
    case ConditionReason::NotStalled: return "NotStalled";
  }
  return "Unknown";
}

std::string_view to_string(MoveResult result) {
  switch (result) {
    case MoveResult::InFlight: return "";
    case MoveResult::Cancelling: return "Cancelling";
    case MoveResult::Succeeded: return "Succeeded";
    case MoveResult::Failed: return "Failed";
    case MoveResult::Cancelled: return "Cancelled";
  }
  return "Unknown";
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Move: return "Move";
    case Verdict::Recommended: return "Recommended";
    case Verdict::Moving: return "Moving";
    case Verdict::Waiting: return "Waiting";
    case Verdict::Hold: return "Hold";
    case Verdict::Immovable: return "Immovable";
  }
  return "Unknown";
}

std::string_view to_string(Forecasting forecasting) {
  return forecasting == Forecasting::Weekly ? "Weekly" : "None";
}

std::string_view to_string(ConsolidationStrategy strategy) {
  switch (strategy) {
    case ConsolidationStrategy::Balanced: return "Balanced";
    case ConsolidationStrategy::DynamicRoundRobin: return "DynamicRoundRobin";
    case ConsolidationStrategy::Fuzzy: return "Fuzzy";
    case ConsolidationStrategy::Placement: return "Placement";
  }
  return "Unknown";
}

}  // namespace drover
