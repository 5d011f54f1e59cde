#include "core/wake_tests.h"

#include <algorithm>
#include <tuple>

#include "core/hands.h"
#include "core/reserve.h"
#include "core/window.h"

namespace drover {
namespace {

// Of every node, by its number in the roster.
struct VmsOn {
  std::size_t vms = 0;
  bool stuck = false;  // one of them cannot be moved
};

std::vector<VmsOn> vms_on(const Roster& roster) {
  std::vector<VmsOn> on(roster.nodes().size());
  for (const Roster::Entry& entry : roster.entries()) {
    if (entry.is_final || entry.node == Roster::kNowhere) continue;
    ++on[entry.node].vms;
    on[entry.node].stuck = on[entry.node].stuck || entry.immovable.has_value();
  }
  return on;
}

int cost_of(NodeLife life) {
  switch (life) {
    case NodeLife::Quarantined: return 0;
    case NodeLife::Asleep: return 1;
    case NodeLife::Empty: return 2;
    default: return 3;
  }
}

std::optional<Instant> last_cycle(const Node& node) {
  return std::max(node.record.woken, node.record.tested);  // none is before any
}

}  // namespace

WakeTests wake_tests(const ClusterView& view, const Roster& roster, const Policy& policy, const ConsolidationSettings& settings,
                     const CoreOptions& options, Instant now) {
  WakeTests tests;
  const auto& asked = settings.power_down.wake_test;
  if (!asked || !settings.power_down.enabled) return tests;
  const WindowAnswer window = window_at(asked->window, view.time_zones, now);
  tests.open = window.since.has_value();
  tests.looks_again = window.opens_at;
  if (!window.since) return tests;
  const std::vector<VmsOn> on = vms_on(roster);
  const auto is_due = [&](const Node& node, const VmsOn& vms) {
    const NodeLife life = node.marks.life;
    if (life != NodeLife::Active && node.marks.policy_uid != policy.ref.uid) return false;
    if (!view.power_driver(node) || node.wish || !held_by_others(node).empty()) return false;
    std::optional<Instant> until;
    if (!leased_to_others(view, node, now, until).empty()) return false;
    if (!why_kept_on(node, settings, options).empty()) return false;
    if (life == NodeLife::Quarantined) return node.marks.cordoned && node.record.tested.value_or(Instant{}) < *window.since;
    const bool serves = life == NodeLife::Active && node.ready && !node.unschedulable && !vms.stuck;
    if (!serves && life != NodeLife::Empty && life != NodeLife::Asleep) return false;
    return !last_cycle(node) || now - *last_cycle(node) >= asked->every;
  };
  struct Due {
    const Node* node;
    std::size_t vms;
    [[nodiscard]] auto rank() const { return std::tuple(cost_of(node->marks.life), vms, last_cycle(*node)); }
  };
  std::vector<Due> found;
  for (std::size_t i = 0; i < roster.nodes().size(); ++i) {
    const Node& node = *roster.nodes()[i].node;
    if (node.marks.test && node.marks.policy_uid == policy.ref.uid) return tests;
    if (is_due(node, on[i])) found.push_back({&node, on[i].vms});
  }
  std::stable_sort(found.begin(), found.end(), [](const Due& a, const Due& b) { return a.rank() < b.rank(); });
  for (const Due& due : found) tests.next.push_back(due.node);
  return tests;
}

}  // namespace drover
