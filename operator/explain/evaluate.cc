#include "explain/evaluate.h"

#include <utility>
#include <variant>
#include <vector>

#include "core/rules.h"
#include "core/selection.h"
#include "core/turn.h"
#include "ports/power_driver.h"

namespace drover {
namespace {

class Driver {
 public:
  Driver(MetricSource& metrics, Instant now, Evaluation& result) : metrics_(metrics), now_(now), result_(result) {}

  void answer(const Effect& effect, std::vector<Event>& events) {
    if (const auto* sample = std::get_if<SampleSignal>(&effect.body)) {
      auto table = metrics_.sample(sample->signal, now_, {});
      events.emplace_back(SignalSampled{effect.id, sample->policy, std::move(table)});
    } else if (std::holds_alternative<SampleUse>(effect.body)) {
      result_.use = metrics_.sample_use(now_, {});
      events.emplace_back(UseSampled{effect.id, *result_.use});
    } else if (const auto* power = std::get_if<SamplePower>(&effect.body)) {
      const auto driver = drivers_.of(power->node, power->driver);
      events.emplace_back(
          PowerSampled{effect.id, power->node, driver ? (*driver)->state(power->node, {}) : Result<Powered>(driver.error())});
    }  // everything else changes something
  }

 private:
  MetricSource& metrics_;
  PowerDrivers drivers_;  // as the operator: none
  Instant now_;
  Evaluation& result_;
};

}  // namespace

Evaluation evaluate(const ClusterView& view, MetricSource& metrics, const CoreOptions& options, bool always_use, Instant now) {
  Evaluation result;
  Turn turn{Core(options, make_rules(make_strategy, FirstSight::HasLasted))};
  Driver driver(metrics, now, result);
  std::vector<Event> answers;
  do {
    Turn::News news{.leads = true, .answers = std::exchange(answers, {})};
    turn.take(
        view, std::move(news), [now] { return now; },
        [&](StepResult& step) {
          for (const Effect& effect : step.effects) {
            driver.answer(effect, answers);
          }
        });
  } while (!answers.empty());
  result.decisions = turn.core().decisions();
  result.policies = turn.core().reports(view);
  for (const auto& [key, policy] : view.policies) {
    for (const Vm* vm : selected_vms(view, *policy)) {
      if (auto quiet = turn.core().why_quiet(*policy, *vm)) result.quiet[policy->ref].emplace(vm->key, std::move(*quiet));
    }
  }
  if (always_use && !result.use) result.use = metrics.sample_use(now, {});
  return result;
}

}  // namespace drover
