// Samples: the effects that only ask, the outside or, for a round of consolidation, a strategy. Who is asked, and the event that
// answers: the same for the operator's threads, in simulated time and for `drover plan`.
//
// Whoever adds an effect says here, or under Changes, what it is; until then this does not compile.
#pragma once

#include <concepts>
#include <stop_token>

#include "core/effect.h"
#include "core/event.h"
#include "ports/metric_source.h"
#include "ports/power_driver.h"

namespace drover {

template <typename Body, typename... Bodies>
concept OneOfThese = (std::same_as<Body, Bodies> || ...);
// Those that may change something, and are answered with EffectDone.
template <typename Body>
concept Changes =
    OneOfThese<Body, CreateMigration, CancelMigration, WriteStatus, Announce, MarkNode, SwitchPower, EvictPod, WriteProfileStatus>;

[[nodiscard]] bool is_sample(const EffectBody& effect);

// The effect must be a sample. Blocks as the ports do, or computes. `now` is the time for whoever asks.
[[nodiscard]] Event sample(const Effect& effect, MetricSource& metrics, const PowerDrivers& drivers, Instant now,
                           const std::stop_token& stop);

// The answer to an effect, a sample or not, that is not carried out.
[[nodiscard]] Event not_done(const Effect& effect, const Error& error);

}  // namespace drover
