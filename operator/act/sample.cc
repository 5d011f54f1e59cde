#include "act/sample.h"

#include "core/round.h"

namespace drover {
namespace {

struct IsSample {
  bool operator()(const SampleSignal&) const { return true; }
  bool operator()(const SampleUse&) const { return true; }
  bool operator()(const SamplePower&) const { return true; }
  bool operator()(const HoldRound&) const { return true; }
  bool operator()(const Changes auto&) const { return false; }
};

struct Ask {
  EffectId id;
  MetricSource& metrics;
  const PowerDrivers& drivers;
  Instant now;
  const std::stop_token& stop;

  Event operator()(const SampleSignal& e) const { return SignalSampled{id, e.policy, metrics.sample(e.signal, now, stop)}; }
  Event operator()(const SampleUse&) const { return UseSampled{id, metrics.sample_use(now, stop)}; }
  Event operator()(const SamplePower& e) const {
    const auto driver = drivers.of(e.driver);
    return PowerSampled{id, e.node, driver ? (*driver)->state(e.driver, stop) : driver.error()};
  }
  Event operator()(const HoldRound& e) const {
    return hold_round(id, e, [this] { return stop.stop_requested(); });
  }
  Event operator()(const Changes auto&) const {
    DROVER_CHECK(false);
    return Tick{};
  }
};

struct NotDone {
  EffectId id;
  const Error& error;

  Event operator()(const SampleSignal& e) const { return SignalSampled{id, e.policy, error}; }
  Event operator()(const SampleUse&) const { return UseSampled{id, error}; }
  Event operator()(const SamplePower& e) const { return PowerSampled{id, e.node, error}; }
  Event operator()(const HoldRound& e) const { return not_held(id, e, error); }
  Event operator()(const Changes auto&) const { return EffectDone{id, error}; }
};

}  // namespace

bool is_sample(const EffectBody& effect) {
  return std::visit(IsSample{}, effect);
}

Event sample(const Effect& effect, MetricSource& metrics, const PowerDrivers& drivers, Instant now, const std::stop_token& stop) {
  return std::visit(Ask{effect.id, metrics, drivers, now, stop}, effect.body);
}

Event not_done(const Effect& effect, const Error& error) {
  return std::visit(NotDone{effect.id, error}, effect.body);
}

}  // namespace drover
