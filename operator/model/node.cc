#include "model/node.h"

#include <algorithm>
#include <iterator>

namespace drover {

bool Toleration::tolerates(const Taint& taint) const {
  if (!effect.empty() && effect != taint.effect) return false;
  if (key.empty()) return op == "Exists";
  if (key != taint.key) return false;
  return op == "Exists" || value == taint.value;
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

}  // namespace drover
