#include "core/foresight.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "core/hands.h"

namespace drover {
namespace {

constexpr Duration kMargin = minutes{5};  // beyond the time that waking takes
constexpr Duration kAhead = minutes{10};  // at least so far: what is empty is not switched off shortly before
constexpr double kLeast = 0.1;            // of a core or a GiB: less is no rise
constexpr double kGibibyte = 1 << 30;

// Until it serves, from the order: by its own last wakes, or as its profile says.
Duration wake_time(const ClusterView& view, const Node& node) {
  if (const auto own = wake_quantile(node.record, 0.95)) return *own;
  const PowerProfile* profile = view.power_profile(node);
  return profile != nullptr ? profile->model.boot + minutes{1} : PowerModel{}.boot + minutes{1};
}

bool can_be_woken(const Node& node, const std::string& policy_uid) {
  return node.marks.life == NodeLife::Asleep && node.marks.policy_uid == policy_uid && held_by_others(node).empty() &&
         !(node.unschedulable && !node.marks.cordoned);
}

Amounts clipped(const Amounts& amounts) {
  return {std::max(0.0, amounts.cpu), std::max(0.0, amounts.memory)};
}

bool is_there(const Amounts& amounts) {
  return amounts.cpu > kLeast || amounts.memory > kLeast * kGibibyte;
}

std::string rise_in_words(const Amounts& rise, Instant until) {
  const auto tenths = [](double figure) {
    std::string text = std::to_string(std::llround(10 * figure));
    if (text.size() < 2) text.insert(0, 1, '0');
    return text.insert(text.size() - 1, 1, '.');
  };
  return "by " + to_rfc3339(std::chrono::floor<seconds>(until)) + " " + tenths(rise.cpu) + " cores and " +
         tenths(rise.memory / kGibibyte) + " GiB more are expected to be asked for than now, as in the weeks before";
}

}  // namespace

Amounts asked_for(const ClusterView& view) {
  Amounts asked;
  std::set<std::string_view> vms;  // by uid
  for (const auto& [key, pod] : view.pods) {
    if (pod->is_over()) continue;
    if (pod->is_launcher() ? vms.insert(pod->vmi_uid).second : pod->is_workload()) asked += amounts_of(pod->requests);
  }
  return asked;
}

Foreseen foresee(const ClusterView& view, const Roster& roster, const ConsolidationSettings& settings, const WeeklyDemand& demand,
                 const std::string& policy_uid, Instant now) {
  std::vector<std::pair<Duration, const Node*>> sleepers;
  Amounts coming;
  for (const auto& [key, node] : view.nodes) {
    if (can_be_woken(*node, policy_uid)) sleepers.emplace_back(wake_time(view, *node), node.get());
    if (node->marks.life == NodeLife::Waking) coming += amounts_of(node->allocatable);
  }
  std::stable_sort(sleepers.begin(), sleepers.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const Instant until = now + std::max<Duration>(kAhead, (sleepers.empty() ? Duration::zero() : sleepers.back().first) + kMargin);
  const auto expected = demand.expected(now, until);
  if (!expected) return {};
  Foreseen foreseen{.rise = clipped(*expected - asked_for(view)), .wake = {}, .why = {}};
  if (!is_there(foreseen.rise)) return {};
  foreseen.why = rise_in_words(foreseen.rise, until);
  Amounts lacking = Reserve(view, roster, settings, foreseen.rise).lacking() - coming;
  for (const auto& [time, node] : sleepers) {
    if (!is_there(clipped(lacking))) break;
    foreseen.wake.push_back(node->name);
    lacking -= amounts_of(node->allocatable);
  }
  return foreseen;
}

}  // namespace drover
