#include "act/perform.h"

#include <utility>

namespace drover {
namespace {

// Makes what the machine asks for and lets it hear the answer; nothing when it wants to be asked again.
struct Driver {
  using Step = std::optional<std::variant<EffectRun::Pause, EffectRun::Done>>;
  const Means& means;
  const std::stop_token& stop;
  EffectRun& run;
  std::string_view effect;

  Step operator()(EffectRun::Done outcome) const { return outcome; }
  Step operator()(const EffectRun::Pause& pause) const { return pause; }
  Step operator()(const Call& call) const {
    if (call.changes()) means.boundary(effect);
    auto answer = make_call(means.api, call, means.field_manager, stop);
    if (call.changes()) means.boundary(effect);
    run.hear(std::move(answer), means.clock.monotonic());
    return std::nullopt;
  }
  Step operator()(const PowerOrder& order) const {
    means.boundary(effect);
    auto answer = give(order, means.drivers, stop);
    means.boundary(effect);
    run.hear(std::move(answer), means.clock.monotonic());
    return std::nullopt;
  }
};

}  // namespace

Result<std::string> give(const PowerOrder& order, const PowerDrivers& drivers, const std::stop_token& stop) {
  const auto driver = drivers.of(order.driver);
  if (!driver) return driver.error();
  if (const auto taken = (*driver)->switch_to(order.driver, order.request, stop); !taken) return taken.error();
  return std::string();
}

std::variant<EffectRun::Pause, EffectRun::Done> go_on(const Means& means, EffectRun& run, std::string_view effect,
                                                      const MayAct& may_act, const std::stop_token& stop) {
  while (true) {
    if (auto step = std::visit(Driver{means, stop, run, effect}, run.next(may_act()))) return std::move(*step);
  }
}

Error stopped_in_pause() {
  return {ErrorClass::Cancelled, "stopped before another try"};
}

}  // namespace drover
