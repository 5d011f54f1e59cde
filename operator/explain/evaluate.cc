#include "explain/evaluate.h"

#include <utility>
#include <variant>
#include <vector>

#include "act/sample.h"
#include "core/rules.h"
#include "core/selection.h"
#include "core/turn.h"

namespace drover {
namespace {

// In the operator's drivers' place: who looks at the cluster has neither their credentials nor their network.
class Unasked final : public PowerDriver {
 public:
  Result<PowerAnswer> state(const NodeDriver& target, std::stop_token /*stop*/) override { return unasked(target); }
  Status switch_to(const NodeDriver& target, PowerRequest /*request*/, std::stop_token /*stop*/) override {
    return unasked(target);
  }

 private:
  static Error unasked(const NodeDriver& target) {
    return {ErrorClass::Retryable, "node " + target.node->name + ": power drivers are asked by the operator only"};
  }
};

}  // namespace

Evaluation evaluate(const ClusterView& view, MetricSource& metrics, const CoreOptions& options, bool always_use, Instant now) {
  Evaluation result;
  Turn turn{Core(options, make_rules(options.signals, make_guarded, FirstSight::HasLasted))};
  Unasked unasked;
  PowerDrivers drivers;
  for (const PowerDriverKind kind : kCarriedOut) drivers.add(kind, unasked);
  std::vector<Event> answers;
  do {
    Turn::News news{.leads = true, .answers = std::exchange(answers, {})};
    turn.take(
        view, std::move(news), [now] { return now; },
        [&](StepResult& step) {
          for (const Effect& effect : step.effects) {
            if (!is_sample(effect.body)) continue;  // it would change something
            answers.push_back(sample(effect, metrics, drivers, now, {}));
            if (const auto* use = std::get_if<UseSampled>(&answers.back())) result.use = use->table;
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
