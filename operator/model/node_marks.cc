#include "model/node_marks.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <utility>

#include "model/node.h"

namespace drover {
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

std::optional<Duration> wake_quantile(const NodeRecord& record, double p) {
  if (record.wakes.empty()) return std::nullopt;
  std::vector<Duration> sorted = record.wakes;
  std::sort(sorted.begin(), sorted.end());
  const auto rank = static_cast<std::size_t>(std::ceil(p * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

bool is_told(std::string_view key) {
  return std::any_of(std::begin(kTold), std::end(kTold), [&](const Told& told) { return told.key == key; });
}

bool is_there(const Node& node, const Told& told) {
  const auto any = [&](const Taint& taint) { return taint.key == told.key; };
  switch (told.kind) {
    case Told::Kind::Label: return node.labels.find(told.key) != nullptr;
    case Told::Kind::Annotation: return node.annotations.find(told.key) != nullptr;
    case Told::Kind::Taint: return std::any_of(node.taints.begin(), node.taints.end(), any);
  }
  return false;
}

namespace {

bool is_told_in(NodeLife life, const Told& told) {
  if (told.asleep_only) return life == NodeLife::Asleep;
  return life == NodeLife::PoweringOff || life == NodeLife::Asleep || life == NodeLife::Waking || life == NodeLife::Quarantined;
}

void put(Node& node, const Told& told) {
  switch (told.kind) {
    case Told::Kind::Label: return node.labels.set(std::string(told.key), std::string(told.value));
    case Told::Kind::Annotation: return node.annotations.set(std::string(told.key), std::string(told.value));
    case Told::Kind::Taint: node.taints.push_back({std::string(told.key), std::string(told.value), "NoExecute"});
  }
}

void take_away(Node& node, const Told& told) {
  switch (told.kind) {
    case Told::Kind::Label: return node.labels.erase(told.key);
    case Told::Kind::Annotation: return node.annotations.erase(told.key);
    case Told::Kind::Taint: std::erase_if(node.taints, [&](const Taint& taint) { return taint.key == told.key; });
  }
}

// What was there before Drover told it stays when Drover is done. `ours`: the keys that are Drover's.
void tell(Node& node, const Told& told, NodeLife life, std::vector<std::string>& ours) {
  const bool is_ours = std::find(ours.begin(), ours.end(), told.key) != ours.end();
  if (is_told_in(life, told)) {
    if (is_there(node, told)) return;
    put(node, told);
    if (!is_ours) ours.emplace_back(told.key);
  } else if (is_ours) {
    take_away(node, told);
    std::erase(ours, told.key);
  }
}

void remember(Node& node, const NodeMarks& marks) {
  NodeRecord& record = node.record;
  const Instant now = std::chrono::floor<seconds>(marks.since);
  if (marks.life == NodeLife::PoweringOff && node.marks.life != NodeLife::PoweringOff) {
    std::erase_if(record.offs, [&](Instant at) { return at <= now - hours{24}; });
    record.offs.push_back(now);
  }
  if (marks.test && !node.marks.test) record.tested = now;
  if (marks.life == NodeLife::Active && node.marks.life == NodeLife::Waking) {
    record.woken = now;
    record.wakes.push_back(std::max(Duration::zero(), now - node.marks.since));
    if (record.wakes.size() > NodeRecord::kWakes) record.wakes.erase(record.wakes.begin());
  }
}

}  // namespace

void write_marks(Node& node, const NodeMarks& marks) {
  const bool was_ours = node.marks.cordoned;
  const bool was_cordoned = node.unschedulable;
  NodeMarks written = marks;
  written.cordoned = marks.cordoned && (was_ours || !was_cordoned);
  if (was_ours && !marks.cordoned) node.unschedulable = false;
  if (written.cordoned) node.unschedulable = true;
  std::erase_if(node.taints, [](const Taint& taint) { return taint.key == node_mark::kOldTaint; });
  written.told = node.marks.told;
  for (const Told& told : kTold) tell(node, told, marks.life, written.told);
  remember(node, marks);
  if (marks.life == NodeLife::Asleep && node.wish && node.wish->act == NodeWish::Act::Sleep) node.wish.reset();  // it is fulfilled
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
