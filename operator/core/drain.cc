#include "core/drain.h"

#include <algorithm>

#include "core/make_room.h"

namespace drover {
namespace {

std::vector<const Pod*> workloads_on(const ClusterView& view, const std::string& node) {
  std::vector<const Pod*> found;
  const auto totals = view.totals_by_node.find(node);
  if (totals == view.totals_by_node.end() || totals->second.workloads.pods == 0) return found;
  for (const ObjectKey& key : view.pods_by_node.at(node)) {
    const auto pod = view.pods.find(key);
    if (pod != view.pods.end() && pod->second->is_workload()) found.push_back(pod->second.get());
  }
  return found;
}

bool is_of(const DisruptionBudget& budget, const Pod& pod) {
  return budget.key.ns == pod.key.ns && budget.selector.matches(pod.labels);
}

std::string allowing_none(const DisruptionBudget& budget) {
  return "PodDisruptionBudget " + to_string(budget.key) + " allows no disruption now";
}

bool may_run_elsewhere(const ClusterView& view, const Pod& pod, const std::string& node) {
  return std::any_of(view.nodes.begin(), view.nodes.end(), [&](const auto& entry) {
    const Node& other = *entry.second;
    return other.name != node && other.marks.life == NodeLife::Active && other.ready && !other.unschedulable &&
           could_start(pod, other);
  });
}

// Why the pod is not evicted whatever its budgets say, or "".
std::string why_it_stays(const ClusterView& view, const Pod& pod, const ConsolidationSettings::PowerDown::Drain& drain) {
  const auto unless = [](const char* field) { return std::string(" (spec.consolidation.powerDown.drain.") + field + ")"; };
  if (pod.bare && !drain.bare_pods) return "nobody would start it again" + unless("barePods");
  if (pod.of_job && !drain.jobs) return "its Job would begin again" + unless("jobs");
  if (pod.local_data && !drain.local_data) return "its emptyDir would go with it" + unless("localData");
  if (!pod.holds_on.empty()) return "its annotation " + pod.holds_on + " says so";
  return may_run_elsewhere(view, pod, pod.node) ? "" : "it may run on no other node in service";
}

// The budgets that select the pod allow it now, and no other pod of theirs is on its way out.
std::string why_it_waits(const ClusterView& view, const Pod& pod, const Drains& drains) {
  for (const DisruptionBudget* budget : budgets_of(view, pod)) {
    if (budget->disruptions_allowed < 1) return allowing_none(*budget);
    for (const auto& [node, drain] : drains) {
      for (const auto& [other, eviction] : drain.evictions) {
        const auto at = view.pods.find(other);
        const bool leaves = eviction.refused.empty() && other != pod.key;
        if (leaves && at != view.pods.end() && at->second->uid == eviction.pod_uid && is_of(*budget, *at->second))
          return "pod " + to_string(other) + " of PodDisruptionBudget " + to_string(budget->key) + " goes first";
      }
    }
  }
  return {};
}

// Storage that would be gone with the node, and what the cluster itself runs on.
std::string why_it_is_needed(const ClusterView& view, const Node& node) {
  constexpr std::string_view kComputeOnly = "drover.dev/compute-only";
  const auto totals = view.totals_by_node.find(node.name);
  const NodePods pods = totals == view.totals_by_node.end() ? NodePods{} : totals->second;
  if (pods.control_plane > 0) return "the control plane runs on it, as static pods";
  if (node.labels.find(kComputeOnly) != nullptr) return {};
  const std::string unless = " (label it " + std::string(kComputeOnly) + " if that may be off)";
  if (pods.storage > 0) return "storage runs on it" + unless;
  if (const auto volumes = view.volumes_by_node.find(node.hostname()); volumes != view.volumes_by_node.end())
    return "volume " + volumes->second.begin()->name + " is on it and nowhere else" + unless;
  return {};
}

}  // namespace

std::vector<const DisruptionBudget*> budgets_of(const ClusterView& view, const Pod& pod) {
  std::vector<const DisruptionBudget*> found;
  const auto& all = view.disruption_budgets;
  for (auto at = all.lower_bound({pod.key.ns, ""}); at != all.end() && at->first.ns == pod.key.ns; ++at) {
    if (is_of(*at->second, pod)) found.push_back(at->second.get());
  }
  return found;
}

std::string why_pods_keep_on(const ClusterView& view, const std::string& node, const ConsolidationSettings& settings) {
  const auto& power_down = settings.power_down;
  if (std::string why = why_it_is_needed(view, *view.node(node)); !why.empty()) return why;
  for (const Pod* pod : workloads_on(view, node)) {
    const std::string name = "pod " + to_string(pod->key) + " runs on it";
    if (!power_down.enabled) return name + ", and only virtual machines are moved where nothing is switched off";
    if (!power_down.drain.evicts) return name + ", and only virtual machines are moved (spec.consolidation.powerDown.drain.pods)";
    if (pod->terminating) continue;
    if (std::string why = why_it_stays(view, *pod, power_down.drain); !why.empty()) return name + ": " + std::move(why);
    if (view.node(node)->marks.life != NodeLife::Active) continue;  // budgets come and go: it is waited for them
    for (const DisruptionBudget* budget : budgets_of(view, *pod)) {
      if (budget->disruptions_allowed < 1) return name + ": " + allowing_none(*budget);
    }
  }
  return {};
}

NextEvictions next_evictions(const ClusterView& view, const std::string& node, const Drains& drains, Instant now) {
  NextEvictions next;
  std::vector<const Pod*> pods = workloads_on(view, node);
  if (pods.empty()) return next;
  const auto by_priority = [](const Pod* a, const Pod* b) { return a->priority < b->priority; };
  const std::int64_t lowest = (*std::min_element(pods.begin(), pods.end(), by_priority))->priority;
  const auto own = drains.find(node);
  std::vector<std::string> taken;  // budgets, of which a pod is among the next
  const auto wait = [&](const Pod& pod, const std::string& why) {
    if (next.waits.empty()) next.waits = "pod " + to_string(pod.key) + ": " + why;
  };
  for (const Pod* pod : pods) {
    if (pod->priority != lowest) continue;
    if (pod->terminating) {
      wait(*pod, "it was told to end, and has not");
      continue;
    }
    if (own != drains.end()) {
      const auto at = own->second.evictions.find(pod->key);
      if (at != own->second.evictions.end() && at->second.pod_uid == pod->uid &&
          (at->second.id != 0 || now < at->second.retry_at)) {
        wait(*pod, at->second.refused.empty() ? "it is being evicted" : at->second.refused);
        continue;
      }
      if (at != own->second.evictions.end() && !at->second.refused.empty()) wait(*pod, at->second.refused);
    }
    if (const std::string why = why_it_waits(view, *pod, drains); !why.empty()) {
      wait(*pod, why);
      continue;
    }
    bool first = true;
    for (const DisruptionBudget* budget : budgets_of(view, *pod)) {
      const std::string name = to_string(budget->key);
      first = first && std::find(taken.begin(), taken.end(), name) == taken.end();
      taken.push_back(name);
    }
    if (first) next.pods.push_back(pod);
  }
  return next;
}

}  // namespace drover
