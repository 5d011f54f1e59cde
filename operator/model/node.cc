#include "model/node.h"

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

}  // namespace drover
