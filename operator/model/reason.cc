#include "model/reason.h"

namespace drover {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::ThresholdCrossed: return "ThresholdCrossed";
    case Reason::OverloadRelieved: return "OverloadRelieved";
    case Reason::Consolidated: return "Consolidated";
    case Reason::Moving: return "Moving";
    case Reason::NotBreached: return "NotBreached";
    case Reason::NotChosen: return "NotChosen";
    case Reason::NotSampled: return "NotSampled";
    case Reason::NoData: return "NoData";
    case Reason::BreachTooShort: return "BreachTooShort";
    case Reason::Excluded: return "Excluded";
    case Reason::NotRunning: return "NotRunning";
    case Reason::NotLiveMigratable: return "NotLiveMigratable";
    case Reason::ChangePending: return "ChangePending";
    case Reason::NotPrepared: return "NotPrepared";
    case Reason::SourceNotReady: return "SourceNotReady";
    case Reason::LauncherNotReady: return "LauncherNotReady";
    case Reason::HeldByEvacuation: return "HeldByEvacuation";
    case Reason::HeldByOther: return "HeldByOther";
    case Reason::Forbidden: return "Forbidden";
    case Reason::PolicyUnreadable: return "PolicyUnreadable";
    case Reason::OutsideSchedule: return "OutsideSchedule";
    case Reason::CoolingDown: return "CoolingDown";
    case Reason::BackingOff: return "BackingOff";
    case Reason::DailyLimit: return "DailyLimit";
    case Reason::UseUnknown: return "UseUnknown";
    case Reason::PoliciesDisagree: return "PoliciesDisagree";
    case Reason::NoFeasibleNode: return "NoFeasibleNode";
    case Reason::NoBetterNode: return "NoBetterNode";
    case Reason::NotWorthIt: return "NotWorthIt";
    case Reason::WontConverge: return "WontConverge";
    case Reason::DisruptionBudgetPdb: return "DisruptionBudgetPdb";
    case Reason::BudgetExhausted: return "BudgetExhausted";
    case Reason::ClusterLimit: return "ClusterLimit";
    case Reason::OutboundLimit: return "OutboundLimit";
    case Reason::AdviceOutdated: return "AdviceOutdated";
    case Reason::InboundLimit: return "InboundLimit";
    case Reason::Refused: return "Refused";
    case Reason::InvariantViolated: return "InvariantViolated";
  }
  return "Unknown";
}

}  // namespace drover
