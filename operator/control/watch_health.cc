#include "control/watch_health.h"

#include <algorithm>

namespace drover {

bool WatchHealth::note(const reflect::Delta& delta) {
  using enum reflect::Delta::Type;
  // A list that begins has read nothing yet.
  if (delta.type == RelistBegin) return false;
  if (delta.type != Problem) return problems_.erase(delta.kind) > 0;
  // A resource version that is too old is part of every watch's life; the list that follows mends it.
  if (delta.error.cls == ErrorClass::Gone) return false;
  // Told each time and then over: one object that can't be read is no problem of the others.
  if (delta.error.cls == ErrorClass::Invalid) return true;
  const auto before = problems_.find(delta.kind);
  if (before != problems_.end() && before->second.cls == delta.error.cls && before->second.message == delta.error.message)
    return false;
  problems_.insert_or_assign(delta.kind, delta.error);
  return true;
}

bool WatchHealth::denied() const {
  return std::any_of(problems_.begin(), problems_.end(),
                     [](const auto& entry) { return entry.second.cls == ErrorClass::Denied && !may_stay_unknown(entry.first); });
}

}  // namespace drover
