#include "core/status.h"

#include <algorithm>

#include "core/selection.h"
#include "core/window.h"

namespace drover {
namespace {

// As metav1.Time keeps it: a finer time would differ from what is read back.
std::optional<Instant> whole_seconds(std::optional<Instant> t) {
  if (t) t = std::chrono::floor<seconds>(*t);
  return t;
}

VmVerdict in_words(const Policy& policy, const Decision& decision) {
  return {.vm = status_name(policy.ref, decision.vm),
          .verdict = verdict_of(decision),
          .reason = decision.reason,
          .message = decision.message,
          .target = decision.move || decision.reason == Reason::Moving ? decision.target : "",
          .value = decision.value,
          .breached_since = whole_seconds(decision.breached_since)};
}

int importance(const Decision& decision) {
  if (decision.move || decision.reason == Reason::Moving) return 0;
  return decision.breached_since ? 1 : 2;
}

bool same_news(const VmVerdict& a, const VmVerdict& b) {
  return a.vm == b.vm && a.verdict == b.verdict && a.reason == b.reason && a.target == b.target &&
         a.breached_since == b.breached_since;
}

Condition condition(std::string type, bool status, ConditionReason reason, std::string message, const Policy& policy,
                    const PolicyStatus& before, Instant now) {
  Condition made{.type = std::move(type),
                 .status = status,
                 .reason = reason,
                 .message = std::move(message),
                 .observed_generation = policy.generation,
                 .since = now};
  for (const Condition& old : before.conditions) {
    if (old.type == made.type && old.status == made.status && old.since) made.since = old.since;
  }
  made.since = whole_seconds(made.since);
  return made;
}

}  // namespace

Verdict verdict_of(const Decision& decision) {
  switch (decision.reason) {
    case Reason::ThresholdCrossed:
    case Reason::OverloadRelieved:
    case Reason::Consolidated: return decision.mode == PolicyMode::Enforce ? Verdict::Move : Verdict::Recommended;
    case Reason::Moving: return Verdict::Moving;
    case Reason::Excluded:
    case Reason::NotLiveMigratable:
    case Reason::NotPrepared: return Verdict::Immovable;
    case Reason::BreachTooShort:
    case Reason::OutsideSchedule:
    case Reason::CoolingDown:
    case Reason::BackingOff:
    case Reason::DailyLimit:
    case Reason::BudgetExhausted:
    case Reason::DisruptionBudgetPdb:
    case Reason::ClusterLimit:
    case Reason::OutboundLimit:
    case Reason::InboundLimit:
    case Reason::AdviceOutdated:
    case Reason::ChangePending:
    case Reason::SourceNotReady:
    case Reason::LauncherNotReady:
    case Reason::HeldByEvacuation:
    case Reason::HeldByOther: return Verdict::Waiting;
    default: return Verdict::Hold;
  }
}

Readiness readiness(const ClusterView& view, const Policy& policy, const Rule* rule, const RuleReport& report) {
  const auto stalled = [](ConditionReason reason, std::string message) {
    return Readiness{.ready = false, .stalled = true, .reason = reason, .message = std::move(message)};
  };
  std::string problem = policy.problem;
  if (problem.empty()) problem = window_problem(policy.spec, view.time_zones);
  if (!problem.empty()) {
    const bool closes = binds(policy) && !unreadable_limits(view, policy).empty();
    return stalled(ConditionReason::Invalid,
                   problem + (closes ? "; until that is mended, nothing moves the VMs that it selects" : ""));
  }
  if (rule == nullptr) {
    return stalled(ConditionReason::NotImplemented, "policies of type " + std::string(type_of(policy.spec.settings)) +
                                                        " are read but not acted on by this version of Drover, and bound nobody");
  }
  if (!view.platform.ready) return stalled(view.platform.reason, view.platform.problem);
  if (policy.spec.suspend)
    return {true, false, ConditionReason::Suspended, "spec.suspend is true: nothing is watched or moved", report.idle_fields};
  if (const auto bar = rule->why_barred()) return stalled(bar->reason, bar->message);
  if (report.problem) {
    const bool invalid = report.problem->cls == ErrorClass::Invalid;
    return {false, invalid, invalid ? ConditionReason::SignalInvalid : ConditionReason::SignalUnavailable,
            "the signal cannot be read, so nothing is moved: " + report.problem->message, report.idle_fields};
  }
  std::string text =
      policy.spec.mode == PolicyMode::Enforce ? "watching; moves are made" : "watching; moves are recommended, none is made";
  for (const std::string& remark : report.remarks) text += "; " + remark;
  return {true, false, ConditionReason::Watching, std::move(text), report.idle_fields};
}

PolicyStatus make_status(const ClusterView& view, const Policy& policy, const Readiness& ready, const Plan& plan,
                         const std::vector<const Decision*>& decisions, const std::vector<MoveRecord>& records,
                         const VmCounts& counts, const PolicyStatus& before, Instant now) {
  PolicyStatus status;
  status.observed_generation = policy.generation;
  status.selected_vms = counts.selected;
  status.breaching_vms = counts.breaching;
  status.migration_slots_used = plan.total();
  status.migration_slots_total = view.limits.in_cluster;
  status.moves_in_flight =
      std::count_if(records.begin(), records.end(), [](const MoveRecord& record) { return !record.ended.has_value(); });
  status.moves.assign(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(std::min(records.size(), kMaxMoves)));

  // Should there be more than fit, what moves and what is breached comes first.
  std::vector<const Decision*> ordered = decisions;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const Decision* a, const Decision* b) { return importance(*a) < importance(*b); });
  for (const Decision* decision : ordered) {
    VmVerdict verdict = in_words(policy, *decision);
    if (verdict.verdict == Verdict::Immovable) ++status.immovable_vms;
    if (status.verdicts.size() >= kMaxVerdicts) continue;
    for (const VmVerdict& old : before.verdicts) {
      if (same_news(old, verdict)) verdict = old;
    }
    status.verdicts.push_back(std::move(verdict));
  }

  ConditionReason reason = ready.reason;
  std::string message = ready.message;
  if (ready.ready && reason == ConditionReason::Watching && status.selected_vms == 0) {
    reason = ConditionReason::NothingSelected;
    message = "no running VMI matches spec.selector" +
              std::string(policy.ref.cluster_wide() ? " in the selected namespaces" : " in this namespace");
  }
  std::string idle;
  for (const std::string& field : ready.idle_fields) idle += (idle.empty() ? "" : ", ") + field;
  if (ready.ready && !idle.empty()) message += "; without effect: " + idle;
  const bool moving = status.moves_in_flight > 0;
  status.conditions = {
      condition("Ready", ready.ready, reason, message, policy, before, now),
      condition("Reconciling", moving, moving ? ConditionReason::MovesInFlight : ConditionReason::Settled,
                moving ? std::to_string(status.moves_in_flight) + " in flight" : "nothing is in flight", policy, before, now),
      condition("Stalled", ready.stalled, ready.stalled ? reason : ConditionReason::NotStalled,
                ready.stalled ? message : "nothing needs a person", policy, before, now),
  };
  return status;
}

}  // namespace drover
