#include "explain/evaluate.h"

#include <memory>
#include <utility>
#include <variant>

#include "core/selection.h"
#include "core/turn.h"

namespace drover {
namespace {

// The view with `for` of each policy taken as over.
ClusterView without_waiting(ClusterView view) {
  for (auto& [key, policy] : view.policies) {
    auto changed = std::make_shared<Policy>(*policy);
    if (auto* threshold = std::get_if<ThresholdSettings>(&changed->spec.settings)) threshold->for_duration = Duration::zero();
    policy = std::move(changed);
  }
  return view;
}

std::optional<Instant> known_since(const Policy& policy, const ObjectKey& vm) {
  const std::string name = status_name(policy.ref, vm);
  for (const VmVerdict& verdict : policy.status.verdicts) {
    if (verdict.vm == name) return verdict.breached_since;
  }
  return std::nullopt;
}

// Puts the time back that without_waiting took away.
void wait_again(const ClusterView& view, Decision& decision, Instant now) {
  const Policy* policy = view.policy(decision.policy);
  if (policy == nullptr || !decision.breached_since) return;
  decision.breached_since = known_since(*policy, decision.vm);
  if (!decision.breached_since) {
    // "above 0.8 for 0s": how long is not known.
    if (const auto at = decision.message.find(" for 0s"); at != std::string::npos) decision.message.erase(at, 7);
  }
  const auto* threshold = std::get_if<ThresholdSettings>(&policy->spec.settings);
  if (threshold == nullptr || !decision.move || !decision.breached_since) return;
  const Instant due = *decision.breached_since + threshold->for_duration;
  if (due <= now) return;
  decision.move = false;
  decision.reason = Reason::BreachTooShort;
  decision.not_before = due;
  decision.message =
      "breached since " + to_rfc3339(*decision.breached_since) + "; it counts after " + to_string(threshold->for_duration);
}

class Driver {
 public:
  Driver(MetricSource& metrics, Instant now, Evaluation& result) : metrics_(metrics), now_(now), result_(result) {}

  void answer(const Effect& effect, std::vector<Event>& events) {
    if (const auto* sample = std::get_if<SampleSignal>(&effect.body)) {
      auto table = metrics_.sample(sample->signal, now_, {});
      result_.signals.emplace(sample->policy, table);
      events.emplace_back(SignalSampled{effect.id, sample->policy, std::move(table)});
    } else if (std::holds_alternative<SampleUse>(effect.body)) {
      result_.use = metrics_.sample_use(now_, {});
      events.emplace_back(UseSampled{effect.id, *result_.use});
    }  // everything else changes something
  }

 private:
  MetricSource& metrics_;
  Instant now_;
  Evaluation& result_;
};

}  // namespace

Evaluation evaluate(const ClusterView& view, MetricSource& metrics, const CoreOptions& options, bool always_use, Instant now) {
  Evaluation result;
  const ClusterView shown = without_waiting(view);
  Turn turn{Core(options)};
  Driver driver(metrics, now, result);
  std::vector<Event> answers;
  do {
    Turn::News news{.leads = true, .answers = std::exchange(answers, {})};
    turn.take(
        shown, std::move(news), [now] { return now; },
        [&](StepResult& step) {
          for (const Effect& effect : step.effects) {
            driver.answer(effect, answers);
          }
        });
  } while (!answers.empty());
  result.decisions = turn.core().decisions();
  result.policies = turn.core().reports(shown);
  for (const auto& [key, policy] : shown.policies) {
    for (const Vm* vm : selected_vms(shown, *policy)) {
      if (auto quiet = turn.core().why_quiet(*policy, *vm)) result.quiet[policy->ref].emplace(vm->key, std::move(*quiet));
    }
  }
  for (Decision& decision : result.decisions) wait_again(view, decision, now);
  if (always_use && !result.use) result.use = metrics.sample_use(now, {});
  return result;
}

}  // namespace drover
