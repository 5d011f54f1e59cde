#include "act/perform.h"

#include <utility>

namespace drover {
namespace {

// Makes what the machine asks for and lets it hear the answer; what came of the effect, if that is known by then.
struct Driver {
  const Means& means;
  std::stop_token stop;
  EffectRun& run;

  std::optional<Result<std::string>> operator()(EffectRun::Done outcome) const { return outcome; }
  std::optional<Result<std::string>> operator()(const EffectRun::Pause& pause) const {
    if (means.wait(pause.length, stop)) return std::nullopt;
    return Error{ErrorClass::Cancelled, "stopped before another try"};
  }
  std::optional<Result<std::string>> operator()(const Call& call) const {
    if (call.changes()) means.boundary();
    auto answer = make_call(means.api, call, means.field_manager, stop);
    if (call.changes()) means.boundary();
    run.hear(std::move(answer), means.clock.monotonic());
    return std::nullopt;
  }
  std::optional<Result<std::string>> operator()(const PowerOrder& order) const {
    means.boundary();
    run.hear(switch_power(order), means.clock.monotonic());
    means.boundary();
    return std::nullopt;
  }

  [[nodiscard]] Result<std::string> switch_power(const PowerOrder& order) const {
    const auto driver = means.drivers.of(order.node, order.driver);
    if (!driver) return driver.error();
    if (const auto taken = (*driver)->switch_to(order.node, order.on, stop); !taken) return taken.error();
    return std::string();
  }
};

}  // namespace

Result<std::string> perform(const Means& means, const EffectBody& effect, std::stop_token stop) {
  const auto run = begin(effect, means.instance);
  DROVER_CHECK(run != nullptr);
  while (true) {
    if (auto outcome = std::visit(Driver{means, stop, *run}, run->next(means.may_act()))) return std::move(*outcome);
  }
}

}  // namespace drover
