// The machine of an effect (act/effect_run.h), driven over the ports on the calling thread until it pauses. Blocking, and without
// threads of its own (act/executor.h has those).
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "act/effect_run.h"
#include "ports/clock.h"
#include "ports/metric_source.h"
#include "ports/power_driver.h"

namespace drover {

// What it takes to carry an effect out. The references must outlive it; all of it is thread-safe.
struct Means {
  KubeApi& api;
  MetricSource& metrics;
  const Clock& clock;
  PowerDrivers drivers{};
  std::string instance = "drover";       // reportingInstance of Events: which replica
  std::string field_manager = "drover";  // of what is written
  // Whether this process may change anything: it leads. Asked just before each call.
  std::function<bool()> may_act = [] { return true; };
  // Called just before and just after each call that changes something outside, with the name of the effect.
  std::function<void(std::string_view effect)> boundary = [](std::string_view) {};
};

// The order goes to the node's driver: a value when it was taken.
[[nodiscard]] Result<std::string> give(const PowerOrder& order, const PowerDrivers& drivers, const std::stop_token& stop);

using MayAct = std::function<bool()>;

// Makes the machine's calls until it is done, or wants to pause. `may_act` in place of the means' own; `effect`: its name, for
// boundaries.
[[nodiscard]] std::variant<EffectRun::Pause, EffectRun::Done> go_on(const Means& means, EffectRun& run, std::string_view effect,
                                                                    const MayAct& may_act, const std::stop_token& stop);

// What one ends with that is stopped while it pauses.
[[nodiscard]] Error stopped_in_pause();

}  // namespace drover
