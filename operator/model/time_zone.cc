#include "model/time_zone.h"

#include <algorithm>

namespace drover {

Duration TimeZone::offset_at(Instant t) const {
  const auto after = std::upper_bound(changes.begin(), changes.end(), t, [](Instant at, const Change& c) { return at < c.from; });
  return after == changes.begin() ? before_first : std::prev(after)->offset;
}

}  // namespace drover
