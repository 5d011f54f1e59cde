#include "model/pod.h"

#include <tuple>

namespace drover {

bool operator==(const Pod& a, const Pod& b) {
  const auto plain = [](const Pod& p) {
    return std::tie(p.key, p.uid, p.node, p.phase, p.terminating, p.unschedulable, p.requests, p.vmi_uid, p.migration_uid,
                    p.labels);
  };
  if (plain(a) != plain(b)) return false;
  if (a.scheduling == b.scheduling) return true;
  return a.scheduling != nullptr && b.scheduling != nullptr && *a.scheduling == *b.scheduling;
}

}  // namespace drover
