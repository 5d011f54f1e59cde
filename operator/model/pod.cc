#include "model/pod.h"

#include <algorithm>
#include <tuple>

namespace drover {

bool NodeSelectorTerm::matches(const Node& node) const {
  if (expressions.empty() && fields.empty()) return false;
  const auto all = [](const std::vector<Requirement>& requirements, const Labels& labels) {
    return std::all_of(requirements.begin(), requirements.end(), [&](const Requirement& r) { return r.matches(labels); });
  };
  const Labels its_fields({std::pair<std::string, std::string>{"metadata.name", node.name}});
  return all(expressions, node.labels) && all(fields, its_fields);
}

bool HostPort::conflicts_with(const HostPort& other) const {
  const std::string_view every = "0.0.0.0";
  return port == other.port && protocol == other.protocol && (ip == every || other.ip == every || ip == other.ip);
}

PodRole pod_role(PodOwner owner, bool is_static, std::string_view name, const Labels& labels) {
  const auto is = [&](std::string_view key, std::string_view value) { return labels.value_or(key, "") == value; };
  const auto has = [&](std::string_view key) { return labels.find(key) != nullptr; };
  const auto is_named = [&](std::string_view app) {
    return is("app.kubernetes.io/name", app) || is("app", app) || is("k8s-app", app) || is("name", app);
  };
  if (is_static && (name.starts_with("etcd-") || name.starts_with("kube-apiserver-"))) return PodRole::ControlPlane;
  // Rook, Longhorn, Piraeus, Portworx, Mayastor.
  if (is("app", "rook-ceph-osd") || is("app", "rook-ceph-mon") || is("longhorn.io/component", "instance-manager") ||
      has("piraeus.io/linstor-satellite") || (is("name", "portworx") && is("storage", "true")) || is("app", "io-engine")) {
    return PodRole::Storage;
  }
  if (is_named("cluster-autoscaler") || is("app.kubernetes.io/name", "clusterapi-cluster-autoscaler"))
    return PodRole::ClusterAutoscaler;
  if (is_named("descheduler")) return PodRole::Descheduler;
  if (is_named("kured") && owner == PodOwner::Node) return PodRole::Kured;
  if (is_named("node-healthcheck-operator")) return PodRole::NodeHealthCheck;
  return PodRole::Other;
}

bool operator==(const Pod& a, const Pod& b) {
  const auto plain = [](const Pod& p) {
    return std::tie(p.key, p.uid, p.node, p.phase, p.owner, p.role, p.terminating, p.unschedulable, p.requests, p.vmi_uid,
                    p.handler_ready, p.node_service, p.ready, p.migration_uid, p.labels, p.claims, p.priority, p.bare, p.of_job,
                    p.local_data, p.holds_on);
  };
  if (plain(a) != plain(b)) return false;
  if (a.scheduling == b.scheduling) return true;
  return a.scheduling != nullptr && b.scheduling != nullptr && *a.scheduling == *b.scheduling;
}

}  // namespace drover
