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

bool operator==(const Pod& a, const Pod& b) {
  const auto plain = [](const Pod& p) {
    return std::tie(p.key, p.uid, p.node, p.phase, p.owner, p.terminating, p.unschedulable, p.requests, p.vmi_uid, p.handler_ready,
                    p.migration_uid, p.labels, p.claims, p.priority, p.bare, p.of_job, p.local_data, p.holds_on);
  };
  if (plain(a) != plain(b)) return false;
  if (a.scheduling == b.scheduling) return true;
  return a.scheduling != nullptr && b.scheduling != nullptr && *a.scheduling == *b.scheduling;
}

}  // namespace drover
