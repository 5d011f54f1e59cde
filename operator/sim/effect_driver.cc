#include "sim/effect_driver.h"

#include <utility>

#include "act/sample.h"
#include "sim/candidate.h"

namespace drover::sim {
namespace {

constexpr Duration kPatience = seconds{30};  // with a call, as an HttpRequest's deadline

}  // namespace

EffectDriver::EffectDriver(const Scenario& scenario, const Faults& faults, EventQueue& queue, Connection& connection,
                           MetricSource& metrics, const PowerDrivers& drivers, SeededRandom random, Watched watched)
    : scenario_(scenario),
      faults_(faults),
      queue_(queue),
      connection_(connection),
      metrics_(metrics),
      drivers_(drivers),
      random_(random),
      watched_(std::move(watched)) {}

Lanes& EffectDriver::lanes_of(const Replica& replica) {
  LifeLanes& all = lanes_[replica.number()];
  if (std::exchange(all.life, replica.life()) != replica.life()) all.lanes = Lanes();
  return all.lanes;
}

void EffectDriver::dispatch(Replica& from, std::vector<Effect> effects) {
  Lanes& lanes = lanes_of(from);
  for (Effect& effect : effects) {
    if (lanes.has_room(effect.body)) {
      lanes.add(std::move(effect));
    } else {
      from.tell(put_off(effect));
    }
  }
  begin_next(from);
}

void EffectDriver::begin_next(Replica& replica) {
  for (const Crew crew : kCrews) {
    while (auto effect = lanes_of(replica).take(crew)) begin(replica, std::move(*effect));
  }
}

void EffectDriver::begin(Replica& from, Effect effect) {
  auto run = std::make_shared<Run>(Run{.from = from, .life = from.life(), .effect = std::move(effect), .machine = {}});
  if (is_sample(run->effect.body)) return ask(run);
  run->machine = drover::begin(run->effect.body, identity_of(from));
  // Not within the turn that asked for it.
  queue_.after(Duration::zero(), [this, run] { when_it_runs(run, [this, run] { go_on(run); }); });
}

void EffectDriver::ask(const Shared& run) {
  const Duration half = scenario_.timing.call / 2;
  queue_.after(half, [this, run, half] {
    auto event = std::make_shared<Event>(drover::sample(run->effect, metrics_, drivers_, run->from.now(), {}));
    queue_.after(half, [this, run, event] { when_it_runs(run, [this, run, event] { end(run, std::move(*event)); }); });
  });
}

void EffectDriver::go_on(const Shared& run) {
  struct Step {
    EffectDriver& executor;
    const Shared& run;
    void operator()(Call& call) const { executor.make(run, std::move(call)); }
    void operator()(const PowerOrder& order) const { executor.order(run, order); }
    void operator()(const EffectRun::Pause& pause) const {
      executor.queue_.after(pause.length, [&to = executor, kept = run] { to.when_it_runs(kept, [&to, kept] { to.go_on(kept); }); });
    }
    void operator()(EffectRun::Done& outcome) const {
      executor.watched_.done(run->from, run->effect, outcome);
      executor.end(run, EffectDone{run->effect.id, std::move(outcome)});
    }
  };
  auto step = run->machine->next(run->from.elected());
  std::visit(Step{*this, run}, step);
}

void EffectDriver::make(const Shared& run, Call call) {
  const bool changes = call.changes();
  if (changes && crashes(*run)) return;
  if (changes) watched_.asked(run->from, run->effect);
  connection_.make(run->from.number(), std::move(call), kPatience,
                   [this, run, changes](Result<std::string> answer) { hear(run, changes, std::move(answer)); });
}

void EffectDriver::order(const Shared& run, const PowerOrder& order) {
  if (crashes(*run)) return;
  watched_.asked(run->from, run->effect);
  const Duration half = scenario_.timing.call / 2;
  queue_.after(half, [this, run, order, half] {
    auto answer = std::make_shared<Result<std::string>>(switch_power(order));
    queue_.after(half, [this, run, answer] { hear(run, true, std::move(*answer)); });
  });
}

Result<std::string> EffectDriver::switch_power(const PowerOrder& order) const {
  const auto driver = drivers_.of(order.node, order.driver);
  if (!driver) return driver.error();
  if (const auto taken = (*driver)->switch_to(order.node, order.on, {}); !taken) return taken.error();
  return std::string();
}

bool EffectDriver::crashes(const Run& run) {
  if (faults_.crash <= 0 || !random_.chance(faults_.crash)) return false;
  run.from.crash(faults_.restart);
  return true;
}

void EffectDriver::when_it_runs(const Shared& run, std::function<void()> action) {
  if (run->from.life() == run->life) run->from.when_it_runs(std::move(action));
}

void EffectDriver::hear(const Shared& run, bool of_a_change, Result<std::string> answer) {
  when_it_runs(run, [this, run, of_a_change, answer = std::move(answer)] {
    if (of_a_change && crashes(*run)) return;
    run->machine->hear(answer, run->from.monotonic());
    go_on(run);
  });
}

void EffectDriver::end(const Shared& run, Event event) {
  lanes_of(run->from).done(run->effect.body);
  run->from.tell(std::move(event));
  begin_next(run->from);
}

}  // namespace drover::sim
