#include "act/effect_run.h"

#include <utility>

#include "act/machines.h"

namespace drover {
namespace {

struct Begin {
  const std::string& instance;
  std::unique_ptr<EffectRun> operator()(const SampleSignal&) const { return nullptr; }
  std::unique_ptr<EffectRun> operator()(const SampleUse&) const { return nullptr; }
  std::unique_ptr<EffectRun> operator()(const SamplePower&) const { return nullptr; }
  std::unique_ptr<EffectRun> operator()(const HoldRound&) const { return nullptr; }
  std::unique_ptr<EffectRun> operator()(const Announce& e) const { return machine_of(e, instance); }
  std::unique_ptr<EffectRun> operator()(const auto& e) const { return machine_of(e); }
};

}  // namespace

EffectRun::Step EffectRun::next(bool may_act) {
  if (outcome_) return *outcome_;
  if (!may_act) return Done(not_leading());
  if (pause_ > Duration::zero()) return Pause{std::exchange(pause_, Duration::zero())};
  return call();
}

std::unique_ptr<EffectRun> begin(const EffectBody& effect, const std::string& instance) {
  return std::visit(Begin{instance}, effect);
}

Error not_leading() {
  return {ErrorClass::Cancelled, "this process does not lead any more"};
}

}  // namespace drover
