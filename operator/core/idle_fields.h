// Fields that the author of a consolidation policy wrote and that change nothing, so that its status can say so. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/cluster_view.h"

namespace drover {

// Each with its path and why: "spec.consolidation.lowLoad (only strategy Fuzzy looks at it)". What equals the default was perhaps
// not written and is not named.
[[nodiscard]] std::vector<std::string> idle_fields(const ConsolidationSettings& settings, const ClusterView& view);

}  // namespace drover
