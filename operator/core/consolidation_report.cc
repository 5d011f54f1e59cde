// What a consolidation policy says of itself: what people should know though it acts, and its last round.
#include <string>
#include <utility>
#include <vector>

#include "core/consolidation_rule.h"
#include "core/idle_fields.h"
#include "core/other_controllers.h"

namespace drover {
namespace {

// Nodes of the policy that are in quarantine or in a wake test.
void remark_on_nodes(const ClusterView& view, const Policy& policy, std::vector<std::string>& remarks) {
  std::string first;
  std::size_t quarantined = 0;
  for (const auto& [key, node] : view.nodes) {
    if (node->marks.life == NodeLife::Active || node->marks.policy_uid != policy.ref.uid) continue;
    if (node->marks.test) remarks.push_back("node " + node->name + " is put through a wake test");
    if (node->marks.life == NodeLife::Quarantined && quarantined++ == 0)
      first = node->name + " is in quarantine: " + node->marks.reason;
  }
  if (quarantined == 0) return;
  const std::string more = quarantined > 1 ? " (and " + std::to_string(quarantined - 1) + " more are)" : "";
  remarks.push_back("node " + first + more);
}

}  // namespace

RuleReport ConsolidationRule::report(const Policy& policy, const ClusterView& view) const {
  RuleReport report;
  report.idle_fields = idle_fields(settings_, view);
  if (!round_.blind.empty()) report.problem = Error{ErrorClass::Retryable, round_.blind};
  report.remarks = hands_;
  remark_on_nodes(view, policy, report.remarks);
  if (round_.overdue)
    report.remarks.push_back("a round has been held since " + to_rfc3339(round_.asked) +
                             " and has not ended: until it has, what the one before advised stands, and no other is held");
  if (!settings_.power_down.enabled)
    report.remarks.emplace_back("emptied nodes stay on, since spec.consolidation.powerDown.enabled is false, so nothing is saved");
  if (settings_.power_down.enabled) mention_other_controllers(view, report.remarks);
  const auto say_of = [&](const std::vector<std::string>& waiting, const char* what) {
    if (waiting.empty()) return;
    const std::string more = waiting.size() > 1 ? " and " + std::to_string(waiting.size() - 1) + " more wait" : " waits";
    report.remarks.push_back(waiting.front() + more + " for a node, and " + what);
  };
  say_of(arrivals_.left_aside(), "nodes that came back did not help");
  say_of(arrivals_.helpless(), "none at rest would take it");
  for (const auto& [node, why] : round_.held_up) {
    if (!why.starts_with(kLeftOn)) continue;
    report.remarks.push_back("node " + node + " is empty and " + why);
    break;  // what holds one up mostly holds up all
  }
  if (round_.held == Instant{}) return report;
  report.round = {.held = round_.held, .next = round_.next, .orders = {}, .notes = round_.notes};
  if (std::string ahead = what_is_foreseen(); !ahead.empty()) report.round->notes.push_back(std::move(ahead));
  const std::vector<std::string>& waiting = arrivals_.notes();
  report.round->notes.insert(report.round->notes.end(), waiting.begin(), waiting.end());
  for (const auto& [node, order] : round_.orders) {
    const auto held = round_.held_up.find(node);
    report.round->orders.push_back({node, order.act, order.reason, held != round_.held_up.end() ? held->second : ""});
  }
  return report;
}

}  // namespace drover
