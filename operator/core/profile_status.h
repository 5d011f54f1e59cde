// The status of PowerProfiles: how the nodes that each is for stand, what waking them takes, and what they draw beside what the
// profile says. Pure.
#pragma once

#include "core/plan.h"
#include "model/cluster_view.h"
#include "model/power_table.h"
#include "model/use.h"

namespace drover {

// How long figures that change all the time, and what drivers remark, in which there may be such, may be as they were written.
inline constexpr Duration kProfileFigures = minutes{10};

[[nodiscard]] std::map<std::string, PowerProfileStatus> profile_statuses(const ClusterView& view, const PowerTable& power,
                                                                         const UseTable& use, Instant now);

// Whether they differ in more than watts and words.
[[nodiscard]] bool differ_in_state(const PowerProfileStatus& a, const PowerProfileStatus& b);

}  // namespace drover
