#include "model/node.h"

#include <algorithm>
#include <iterator>
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

namespace {

struct LifeName {
  NodeLife life;
  std::string_view name;
};
constexpr LifeName kLives[] = {{NodeLife::Active, "Active"},           {NodeLife::Retiring, "Retiring"},
                               {NodeLife::Draining, "Draining"},       {NodeLife::Empty, "Empty"},
                               {NodeLife::PoweringOff, "PoweringOff"}, {NodeLife::Asleep, "Asleep"},
                               {NodeLife::Waking, "Waking"},           {NodeLife::Quarantined, "Quarantined"}};

}  // namespace

std::string_view to_string(NodeLife life) {
  return std::find_if(std::begin(kLives), std::end(kLives), [&](const LifeName& row) { return row.life == life; })->name;
}

std::optional<NodeLife> node_life(std::string_view name) {
  for (const LifeName& row : kLives) {
    if (row.name == name) return row.life;
  }
  return std::nullopt;
}

bool is_of_a_driver(std::string_view annotation) {
  return annotation == node_wish::kBmcAddress || annotation == node_wish::kBareMetalHost || annotation.starts_with("metal3.io/") ||
         annotation.starts_with("cluster.x-k8s.io/") || annotation == "machine.openshift.io/machine" ||
         annotation.find("mac") != std::string_view::npos;
}

void write_marks(Node& node, const NodeMarks& marks) {
  const bool was_ours = node.marks.cordoned;
  const bool was_cordoned = node.unschedulable;
  NodeMarks written = marks;
  written.cordoned = marks.cordoned && (was_ours || !was_cordoned);
  if (was_ours && !marks.cordoned) node.unschedulable = false;
  if (written.cordoned) node.unschedulable = true;
  std::erase_if(node.taints, [](const Taint& taint) { return taint.key == node_mark::kOldTaint; });
  if (marks.life == NodeLife::Active) {
    written = NodeMarks{.cordoned = written.cordoned};
  } else {
    written.since = std::chrono::floor<seconds>(written.since);
  }
  node.marks = std::move(written);
}

bool has_old_taint(const Node& node) {
  return std::any_of(node.taints.begin(), node.taints.end(), [](const Taint& taint) { return taint.key == node_mark::kOldTaint; });
}

}  // namespace drover
