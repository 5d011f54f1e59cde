#include "reflect/kinds_to_watch.h"

namespace drover {

std::vector<reflect::WatcherOptions> all_watches() {
  std::vector<reflect::WatcherOptions> watches;
  for (const Kind kind : kAllKinds) {
    reflect::WatcherOptions options;
    options.kind = kind;
    // Pods that are over hold no room and run nothing.
    if (kind == Kind::Pod) options.field_selector = "status.phase!=Succeeded,status.phase!=Failed";
    // The kubelets' own are thousands, and are renewed every ten seconds.
    if (kind == Kind::NodeLease) options.ns = kNodeLeases;
    watches.push_back(std::move(options));
  }
  return watches;
}

std::set<Kind> all_kinds() {
  return {kAllKinds.begin(), kAllKinds.end()};
}

}  // namespace drover
