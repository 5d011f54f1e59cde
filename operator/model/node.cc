#include "model/node.h"

#include <algorithm>
#include <utility>

namespace drover {

bool Toleration::tolerates(const Taint& taint) const {
  if (!effect.empty() && effect != taint.effect) return false;
  if (key.empty()) return op == "Exists";
  if (key != taint.key) return false;
  return op == "Exists" || value == taint.value;
}

std::string Node::hostname() const {
  return std::string(labels.value_or(label::kHostname, name));
}

std::int64_t amount(const Resources& resources, std::string_view name) {
  const auto at = resources.find(name);
  return at == resources.end() ? 0 : at->second;
}

void add(Resources& to, const Resources& what) {
  for (const auto& [name, count] : what) to[name] += count;
}

void subtract(Resources& from, const Resources& what) {
  for (const auto& [name, count] : what) from[name] -= count;
}

bool is_condition(const Taint& taint) {
  return taint.key == node_mark::kOldTaint || taint.key.starts_with("node.kubernetes.io/") ||
         taint.key == "node.cilium.io/agent-not-ready";
}

bool is_of_a_driver(std::string_view annotation) {
  return annotation == node_wish::kBmcAddress || annotation == node_wish::kBareMetalHost || annotation.starts_with("metal3.io/") ||
         annotation.starts_with("cluster.x-k8s.io/") || annotation == "machine.openshift.io/machine" ||
         annotation == "cluster-autoscaler.kubernetes.io/scale-down-disabled" || annotation.find("mac") != std::string_view::npos;
}

}  // namespace drover
