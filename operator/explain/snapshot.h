// The cluster as it is now, read once: what `plan` and `explain` look at. Also with fewer rights than the operator has: what may
// not be read is left empty, and named.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/kube_api.h"
#include "reflect/store.h"

namespace drover {

struct Snapshot {
  ClusterView view;
  std::vector<std::string> gaps;  // what the view lacks and what follows from that, each one sentence
};

// Everything is listed in all namespaces; a kind that may not be read so is listed in `ns` alone, unless that is empty. An error:
// the API server can't be reached, or nothing at all may be read.
// `page` is shown each page of a list that was read, as the API server wrote it.
// `time_zone` finds the zones that policies name; one that it does not find stays away, and the core tells the policy's owner.
using PageSink = std::function<void(Kind kind, const std::string& page)>;
using FindTimeZone = std::function<Result<TimeZone>(const std::string& name)>;
[[nodiscard]] Result<Snapshot> take_snapshot(KubeApi& api, const FindTimeZone& time_zone, const std::string& ns,
                                             const PageSink& page = {});

}  // namespace drover
