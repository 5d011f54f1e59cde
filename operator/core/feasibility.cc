#include "core/feasibility.h"

#include <algorithm>
#include <utility>

#include "base/quantity.h"
#include "core/neighbours.h"

namespace drover {
namespace {

std::string taint_text(const Taint& taint) {
  return taint.key + (taint.value.empty() ? "" : "=" + taint.value) + ":" + taint.effect;
}

std::string term_text(const NodeSelectorTerm& term) {
  std::string text;
  for (const auto* requirements : {&term.expressions, &term.fields}) {
    for (const Requirement& requirement : *requirements) text += (text.empty() ? "" : ", ") + to_string(requirement);
  }
  return "(" + text + ")";
}

// "label pool=fast is needed; the node has pool=slow"
std::string missing_label(const Node& node, const std::string& key, const std::string& value) {
  const std::string* have = node.labels.find(key);
  return "label " + key + "=" + value + " is needed; the node has " + (have == nullptr ? "no such label" : key + "=" + *have);
}

bool counts_bytes(std::string_view resource) {
  return resource == kMemory || resource == "ephemeral-storage" || resource.starts_with("hugepages-");
}

// "cpu: needs 2100m, 1500m free of 16000m". Amounts that rounding makes alike are given in full.
std::string shortage(const std::string& resource, std::int64_t need, std::int64_t room, std::int64_t total) {
  room = std::max<std::int64_t>(room, 0);
  const bool in_full = bytes_text(need) == bytes_text(room);
  const auto text = [&](std::int64_t count) {
    if (resource == kCpu) return std::to_string(count) + "m";
    return counts_bytes(resource) && !in_full ? bytes_text(count) : std::to_string(count);
  };
  return resource + ": needs " + text(need) + ", " + text(room) + " free of " + text(total);
}

bool any_starts_with(const auto& labels, std::string_view prefix) {
  return std::any_of(labels.begin(), labels.end(),
                     [&](const auto& entry) { return std::string_view(entry.first).starts_with(prefix); });
}

const Migration* migration_of_pod(const ClusterView& view, const Vm& vm, const Pod& pod) {
  for (const Migration* migration : view.migrations_of(vm.key)) {
    if (migration->uid == pod.migration_uid) return migration;
  }
  return nullptr;
}

}  // namespace

std::string why_no_copy_begins(const ClusterView& view, const Node& source) {
  if (!source.ready) return "node " + source.name + ", which it runs on, is not Ready, so no copy would begin";
  if (view.handler_is_ill(source.name))
    return "no virt-handler is Ready on node " + source.name + ", which it runs on, so no copy would begin";
  if (source.labels.value_or(label::kSchedulable, "") != "false") return "";
  return "KubeVirt calls node " + source.name +
         ", which it runs on, not schedulable: its virt-handler, which would begin the copy, is silent or ill";
}

Feasibility::Feasibility(const ClusterView& view, const Vm& vm, const Plan& plan, std::vector<const Targets*> allowed)
    : view_(view), vm_(vm), plan_(plan), allowed_(std::move(allowed)), launcher_(active_launcher(view, vm)) {
  static const Scheduling kNothing;
  if (launcher_ == nullptr) return;
  scheduling_ = launcher_->scheduling ? launcher_->scheduling.get() : &kNothing;
  gather_demands();
  gather_cpu_demands();
  pod_affinity_.emplace(view, vm, *launcher_, plan);
  volumes_.emplace(view, vm, *launcher_, plan);
}

// The pod's selector is the VMI's, KubeVirt's own labels and, in the target pod of an earlier migration, what that one added.
// Only the last must go. It is known while the migration is there; of one that is gone the host name is, which is what
// movers add.
void Feasibility::gather_demands() {
  const bool migrated = !launcher_->migration_uid.empty();
  const Migration* earlier = migrated ? migration_of_pod(view_, vm_, *launcher_) : nullptr;
  for (const auto& [key, value] : scheduling_->node_selector) {
    const bool added =
        migrated && (key == label::kHostname || (earlier != nullptr && earlier->added_node_selector.find(key) != nullptr));
    if (!added) demands_[key] = value;
  }
  for (const auto& [key, value] : vm_.node_selector) demands_[key] = value;
}

// A host-model VM needs the CPU model and features of the node that it started on: from that node's labels at its first
// migration, from its pod's selector later. From KubeVirt 1.8 on every VM keeps its CPU vendor.
void Feasibility::gather_cpu_demands() {
  const Node* source = view_.node(vm_.node);
  const bool known = any_starts_with(demands_, label::kFeaturePrefix) || any_starts_with(demands_, label::kModelMigrationPrefix);
  const bool copies = vm_.host_model_cpu && !known;
  const bool keeps_vendor = capabilities(view_.kubevirt).cpu_vendor_lock && !any_starts_with(demands_, label::kVendorPrefix);
  if (source == nullptr) {
    if (copies || keeps_vendor) no_target_pod_ = "KubeVirt creates no target pod: its node " + vm_.node + " is not there any more";
    return;
  }
  bool has_model = false;
  for (const auto& [key, value] : source->labels) {
    const std::string_view name = key;
    if (copies && name.starts_with(label::kHostModelPrefix)) {
      demands_[std::string(label::kModelMigrationPrefix).append(name.substr(label::kHostModelPrefix.size()))] = value;
      has_model = true;
    } else if (copies && name.starts_with(label::kRequiredFeaturePrefix)) {
      demands_[std::string(label::kFeaturePrefix).append(name.substr(label::kRequiredFeaturePrefix.size()))] = value;
    } else if (keeps_vendor && name.starts_with(label::kVendorPrefix)) {
      demands_[key] = "true";
    }
  }
  if (copies && !has_model) {
    no_target_pod_ = "KubeVirt creates no target pod: node " + vm_.node + " does not tell its CPU model (no label " +
                     std::string(label::kHostModelPrefix) + "*)";
  }
}

std::vector<std::string> Feasibility::obstacles(const Node& node) const {
  if (node.name == vm_.node) return {"it runs there already"};
  if (launcher_ == nullptr) return {"what it needs is unknown without exactly one launcher pod on its node"};
  std::vector<std::string> found;
  if (!no_target_pod_.empty()) found.push_back(no_target_pod_);
  judge_node(node, found);
  judge_labels(node, found);
  pod_affinity_->judge(node, found);
  if (scheduling_->has_hard_topology_spread) {
    found.emplace_back("it has a topology spread constraint (DoNotSchedule), which Drover does not evaluate");
  }
  judge_room(node, found);
  judge_ports(node, found);
  volumes_->judge_reach(node, found);
  volumes_->judge_limits(node, found);
  return found;
}

void Feasibility::judge_node(const Node& node, std::vector<std::string>& found) const {
  if (node.unschedulable) found.emplace_back("the node is cordoned");
  if (!node.ready) found.emplace_back("the node is not Ready");
  if (node.labels.value_or(label::kSchedulable, "") != "true") {
    found.push_back("KubeVirt does not run virtual machines there: label " + std::string(label::kSchedulable) + " is not true");
  }
  if (view_.handler_is_ill(node.name)) found.emplace_back("no virt-handler is Ready on it, so no copy would arrive");
  if (node.labels.find(label::kHostname) == nullptr) {
    found.push_back("the node has no label " + std::string(label::kHostname) + " by which a target can be named");
  }
  for (const Taint& taint : node.taints) {
    if (taint.effect != "NoSchedule" && taint.effect != "NoExecute") continue;
    // These say again what was said above.
    if (node.unschedulable && taint.key == "node.kubernetes.io/unschedulable") continue;
    if (!node.ready && (taint.key == "node.kubernetes.io/not-ready" || taint.key == "node.kubernetes.io/unreachable")) continue;
    if (!is_tolerated(taint)) found.push_back("taint " + taint_text(taint) + " is not tolerated");
  }
}

bool Feasibility::is_tolerated(const Taint& taint) const {
  return std::any_of(scheduling_->tolerations.begin(), scheduling_->tolerations.end(),
                     [&](const Toleration& toleration) { return toleration.tolerates(taint); });
}

bool Feasibility::may_run(const Node& node) const {
  if (vm_.node.empty()) return may_start(node);
  if (launcher_ == nullptr || !no_target_pod_.empty() || scheduling_->has_hard_topology_spread) return false;
  std::vector<std::string> found;
  judge_labels(node, found);
  pod_affinity_->judge(node, found);
  volumes_->judge_reach(node, found);
  // A taint of Kubernetes' own tells of the node's condition, which passes; ours is taken away when the node is taken back.
  return found.empty() && std::all_of(node.taints.begin(), node.taints.end(), [&](const Taint& taint) {
           return is_condition(taint) || taint.effect == "PreferNoSchedule" || is_tolerated(taint);
         });
}

std::optional<Feasibility::Asks> Feasibility::asks() const {
  if (vm_.node.empty() || (pod_affinity_ && !pod_affinity_->has_none())) return std::nullopt;
  if (launcher_ == nullptr || !no_target_pod_.empty() || volumes_->any_unusable()) return Asks{};
  return Asks{scheduling_, allowed_, demands_, volumes_->traits()};
}

bool Feasibility::may_start(const Node& node) const {
  const auto pods = view_.pods_by_vmi_uid.find(vm_.uid);
  if (pods == view_.pods_by_vmi_uid.end()) return true;
  for (const ObjectKey& key : pods->second) {
    const auto pod = view_.pods.find(key);
    if (pod == view_.pods.end() || !pod->second->scheduling) continue;
    for (const auto& [name, value] : pod->second->scheduling->node_selector) {
      if (name != label::kSchedulable && node.labels.value_or(name, "") != value) return false;
    }
  }
  return true;
}

void Feasibility::judge_labels(const Node& node, std::vector<std::string>& found) const {
  for (const auto& [key, value] : demands_) {
    if (key == label::kSchedulable) continue;  // said already
    const std::string* have = node.labels.find(key);
    if (have == nullptr || *have != value) found.push_back(missing_label(node, key, value));
  }
  if (!scheduling_->node_affinity.empty()) {
    bool any = false;
    std::string terms;
    for (const NodeSelectorTerm& term : scheduling_->node_affinity) {
      any = any || term.matches(node);
      terms += (terms.empty() ? "" : " or ") + term_text(term);
    }
    if (!any) found.push_back("its node affinity " + terms + " does not match");
  }
  const auto say = [&](std::string text) {  // several policies can ask the same
    if (std::find(found.begin(), found.end(), text) == found.end()) found.push_back(std::move(text));
  };
  for (const Targets* targets : allowed_) {
    for (const auto& [key, value] : targets->node_selector) {
      const std::string* have = node.labels.find(key);
      if (have == nullptr || *have != value) say("not a target of the policy: " + missing_label(node, key, value));
    }
    const std::string zone(node.labels.value_or(label::kZone, ""));
    if (!targets->zones.empty() && std::find(targets->zones.begin(), targets->zones.end(), zone) == targets->zones.end()) {
      say("not a target of the policy: " +
          (zone.empty() ? "the node has no zone label" : "zone " + zone + " is not among its zones"));
    }
  }
}

// What the next pod requests is taken to be what the present one does.
void Feasibility::judge_room(const Node& node, std::vector<std::string>& found) const {
  static const Resources kNone;
  const auto at = view_.requests_by_node.find(node.name);
  const Resources& bound_now = at != view_.requests_by_node.end() ? at->second : kNone;
  Resources arriving_too;
  const auto bound = view_.pods_by_node.find(node.name);
  std::int64_t pods = bound == view_.pods_by_node.end() ? 0 : static_cast<std::int64_t>(bound->second.size());
  if (plan_.inbound(node.name) > 0) {
    for (const auto& [key, move] : plan_.all()) {
      if (move.target != node.name || move.room_taken || key == vm_.key) continue;
      const Vm* arriving = view_.vm(key);
      const Pod* pod = arriving == nullptr ? nullptr : active_launcher(view_, *arriving);
      if (pod == nullptr) continue;
      add(arriving_too, pod->requests);
      ++pods;
    }
  }
  for (const auto& [resource, need] : launcher_->requests) {
    const std::int64_t total = amount(node.allocatable, resource);
    const std::int64_t room = total - amount(bound_now, resource) - amount(arriving_too, resource);
    if (resource != "pods" && need > 0 && need > room) found.push_back(shortage(resource, need, room, total));
  }
  const std::int64_t total_pods = amount(node.allocatable, "pods");
  if (pods >= total_pods) found.push_back(shortage("pods", 1, total_pods - pods, total_pods));
}

void Feasibility::judge_ports(const Node& node, std::vector<std::string>& found) const {
  if (scheduling_->host_ports.empty()) return;
  std::set<std::int64_t> taken;
  each_neighbour(view_, plan_, vm_.key, node.name, [&](const Pod& pod, const Vm* /*arriving*/) {
    if (pod.scheduling == nullptr) return;
    for (const HostPort& wanted : scheduling_->host_ports) {
      for (const HostPort& theirs : pod.scheduling->host_ports) {
        if (!wanted.conflicts_with(theirs) || !taken.insert(wanted.port).second) continue;
        found.push_back("pod " + to_string(pod.key) + " has the node's port " + std::to_string(wanted.port));
      }
    }
  });
}

std::vector<std::string> obstacles(const ClusterView& view, const Vm& vm, const Node& node, const Plan& plan,
                                   const std::vector<const Targets*>& allowed) {
  return Feasibility(view, vm, plan, allowed).obstacles(node);
}

}  // namespace drover
