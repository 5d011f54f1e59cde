#include "model/recent_changes.h"

#include <algorithm>

namespace drover {

void RecentChanges::note(const ObjectKey& key) {
  const bool again = !marked_ && !keys_.empty() && keys_.back() == key;  // one that is replaced goes and comes
  if (again) return;
  marked_ = false;
  if (keys_.size() == 2 * kKept) {
    keys_.erase(keys_.begin(), keys_.begin() + kKept);
    dropped_ += kKept;
  }
  keys_.push_back(key);
}

RecentChanges::Mark RecentChanges::latest() const {
  if (!table_) table_ = std::make_shared<const int>();
  marked_ = true;
  return {table_, dropped_ + keys_.size()};
}

std::optional<std::vector<ObjectKey>> RecentChanges::since(const Mark& mark) const {
  if (!mark.table || mark.table != table_ || mark.count < dropped_) return std::nullopt;
  std::vector<ObjectKey> keys(keys_.begin() + static_cast<std::ptrdiff_t>(mark.count - dropped_), keys_.end());
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace drover
