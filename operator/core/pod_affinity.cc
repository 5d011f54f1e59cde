#include "core/pod_affinity.h"

#include <algorithm>

#include "core/feasibility.h"

namespace drover {
namespace {

std::string text_of(const PodAffinityTerm& term) {
  if (term.selector.requirements.empty()) return "(any pod)";
  std::string text;
  for (const Requirement& requirement : term.selector.requirements) text += (text.empty() ? "" : ", ") + to_string(requirement);
  return "(" + text + ")";
}

// Whether the term of a pod in namespace `ns` selects `pod`; a term that can't be read whole is taken at its widest.
bool selects(const PodAffinityTerm& term, const std::string& ns, const Pod& pod) {
  const bool anywhere = term.all_namespaces || term.unreadable;
  if (!anywhere) {
    const bool here = term.namespaces.empty()
                          ? pod.key.ns == ns
                          : std::find(term.namespaces.begin(), term.namespaces.end(), pod.key.ns) != term.namespaces.end();
    if (!here) return false;
  }
  return term.selector.matches(pod.labels);
}

}  // namespace

PodAffinity::PodAffinity(const ClusterView& view, const Vm& vm, const Pod& launcher, const Plan& plan) {
  static const Scheduling kNothing;
  const Scheduling& own = launcher.scheduling ? *launcher.scheduling : kNothing;
  for (const PodAffinityTerm& term : own.pod_affinity) demands_.push_back({term.topology_key, text_of(term), term.unreadable, {}});

  const auto look_at = [&](const Pod& pod, const std::string& node_name, bool arriving) {
    const bool asks = pod.scheduling != nullptr && !pod.scheduling->pod_anti_affinity.empty();
    if (!asks && own.pod_anti_affinity.empty() && demands_.empty()) return;
    const Node* node = nullptr;
    const auto found_node = [&] { return node != nullptr || (node = view.node(node_name)) != nullptr; };
    const auto where = [&] { return "pod " + to_string(pod.key) + (arriving ? ", which is on its way there," : ""); };
    for (const PodAffinityTerm& term : own.pod_anti_affinity) {
      if (!selects(term, vm.key.ns, pod) || !found_node()) continue;
      forbid(term, *node, "its anti-affinity " + text_of(term) + " forbids the neighbour " + where());
    }
    if (asks) {
      for (const PodAffinityTerm& term : pod.scheduling->pod_anti_affinity) {
        if (!selects(term, pod.key.ns, launcher) || !found_node()) continue;
        forbid(term, *node, where() + " forbids it by its anti-affinity " + text_of(term));
      }
    }
    if (arriving || demands_.empty()) return;
    const bool meets_all = std::all_of(own.pod_affinity.begin(), own.pod_affinity.end(),
                                       [&](const PodAffinityTerm& term) { return selects(term, vm.key.ns, pod); });
    if (!meets_all || !found_node()) return;
    for (Demand& demand : demands_) {
      if (const std::string* value = node->labels.find(demand.topology_key)) demand.values.insert(*value);
    }
  };

  if (own.pod_anti_affinity.empty() && demands_.empty()) {  // then only those matter that keep it away
    for (const ObjectKey& key : view.pods_with_anti_affinity) {
      const auto pod = view.pods.find(key);
      if (pod != view.pods.end() && !pod->second->is_over()) look_at(*pod->second, pod->second->node, false);
    }
  } else {
    for (const auto& [key, pod] : view.pods) {
      if (!pod->is_over() && !pod->node.empty()) look_at(*pod, pod->node, false);
    }
  }
  for (const auto& [key, move] : plan.all()) {
    if (key == vm.key || move.room_taken) continue;
    const Vm* other = view.vm(key);
    const Pod* pod = other == nullptr ? nullptr : active_launcher(view, *other);
    if (pod != nullptr) look_at(*pod, move.target, true);
  }
}

void PodAffinity::forbid(const PodAffinityTerm& term, const Node& node, std::string why) {
  if (const std::string* value = node.labels.find(term.topology_key)) {
    forbidden_.try_emplace({term.topology_key, *value}, std::move(why));
  }
}

void PodAffinity::judge(const Node& node, std::vector<std::string>& obstacles) const {
  for (const Demand& demand : demands_) {
    const std::string* value = node.labels.find(demand.topology_key);
    if (demand.unreadable) {
      obstacles.push_back("its pod affinity " + demand.text + " uses a part that Drover does not evaluate");
    } else if (value == nullptr) {
      obstacles.push_back("its pod affinity needs label " + demand.topology_key + ", which the node lacks");
    } else if (!demand.values.contains(*value)) {
      obstacles.push_back("its pod affinity " + demand.text + " finds no such pod in " + demand.topology_key + "=" + *value);
    }
  }
  if (forbidden_.empty()) return;
  // By label of the node and not by domain: a cluster has as many host names as nodes.
  for (const auto& [name, value] : node.labels) {
    const auto at = forbidden_.find({name, value});
    if (at != forbidden_.end()) obstacles.push_back(at->second + " in " + name + "=" + value);
  }
}

}  // namespace drover
