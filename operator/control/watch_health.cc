#include "control/watch_health.h"

#include <algorithm>

namespace drover {

bool WatchHealth::note(const reflect::Delta& delta) {
  if (delta.type != reflect::Delta::Type::Problem) return problems_.erase(delta.kind) > 0;
  const auto before = problems_.find(delta.kind);
  if (before != problems_.end() && before->second.cls == delta.error.cls && before->second.message == delta.error.message)
    return false;
  problems_.insert_or_assign(delta.kind, delta.error);
  return true;
}

bool WatchHealth::denied() const {
  return std::any_of(problems_.begin(), problems_.end(), [](const auto& entry) { return entry.second.cls == ErrorClass::Denied; });
}

}  // namespace drover
