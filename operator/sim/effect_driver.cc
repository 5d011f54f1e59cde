#include "sim/effect_driver.h"

#include <algorithm>
#include <utility>

#include "act/perform.h"
#include "act/sample.h"
#include "sim/candidate.h"

namespace drover::sim {
namespace {

constexpr Duration kPatience = seconds{30};       // with a call, as an HttpRequest's deadline
constexpr Duration kPowerPatience = seconds{45};  // with a management controller, as a driver's deadline

Error too_slow(const std::string& node) {
  return {ErrorClass::Retryable, "the management controller of node " + node + " did not answer in time"};
}

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

EffectDriver::LifeLanes& EffectDriver::lanes_of(const Replica& replica) {
  LifeLanes& all = lanes_[replica.number()];
  if (all.life != replica.life()) all = {.life = replica.life(), .lanes = Lanes(), .terms = {}, .rested = {}};
  return all;
}

void EffectDriver::dispatch(Replica& from, std::vector<Effect> effects) {
  LifeLanes& all = lanes_of(from);
  for (Effect& effect : effects) {
    if (all.lanes.has_room(effect.body)) {
      all.terms[effect.id] = from.term();
      all.lanes.add(std::move(effect));
    } else {
      from.tell(put_off(effect));
    }
  }
  begin_next(from);
}

void EffectDriver::begin_next(Replica& replica) {
  while (const Shared run = next_rested(replica)) go_on(run);
  for (const Crew crew : kCrews) {
    while (auto effect = lanes_of(replica).lanes.take(crew)) begin(replica, std::move(*effect));
  }
}

EffectDriver::Shared EffectDriver::next_rested(const Replica& replica) {
  LifeLanes& all = lanes_of(replica);
  const auto at =
      std::find_if(all.rested.begin(), all.rested.end(), [&](const Shared& run) { return all.lanes.go_on(run->effect.body); });
  if (at == all.rested.end()) return nullptr;
  Shared run = std::move(*at);
  all.rested.erase(at);
  return run;
}

void EffectDriver::begin(Replica& from, Effect effect) {
  const std::uint64_t term = lanes_of(from).terms.extract(effect.id).mapped();
  auto run =
      std::make_shared<Run>(Run{.from = from, .life = from.life(), .term = term, .effect = std::move(effect), .machine = {}});
  if (is_sample(run->effect.body)) return ask(run);
  run->machine = drover::begin(run->effect.body, identity_of(from));
  // Not within the turn that asked for it.
  queue_.after(Duration::zero(), [this, run] { when_it_runs(run, [this, run] { go_on(run); }); });
}

void EffectDriver::ask(const Shared& run) {
  const bool computes = std::holds_alternative<HoldRound>(run->effect.body);
  const Duration there = computes ? Duration::zero() : scenario_.timing.call / 2;
  const Duration slow = std::holds_alternative<SamplePower>(run->effect.body) ? power_time() : Duration::zero();
  const Duration back = (computes ? round_time() : scenario_.timing.call / 2) + std::min(slow, kPowerPatience);
  queue_.after(there, [this, run, back, slow] {
    auto event = std::make_shared<Event>(drover::sample(run->effect, metrics_, drivers_, run->from.now(), {}));
    if (slow > kPowerPatience) std::get<PowerSampled>(*event).answer = too_slow(std::get<SamplePower>(run->effect.body).node);
    queue_.after(back, [this, run, event] { when_it_runs(run, [this, run, event] { end(run, std::move(*event)); }); });
  });
}

Duration EffectDriver::power_time() {
  return faults_.power_slow <= Duration::zero() ? Duration::zero()
                                                : from_seconds(random_.uniform() * to_seconds(faults_.power_slow));
}

Duration EffectDriver::round_time() {
  if (faults_.round_takes <= Duration::zero()) return Duration::zero();
  return Duration(static_cast<Duration::rep>(random_.uniform() * static_cast<double>(faults_.round_takes.count())));
}

void EffectDriver::go_on(const Shared& run) {
  struct Step {
    EffectDriver& executor;
    const Shared& run;
    void operator()(Call& call) const { executor.make(run, std::move(call)); }
    void operator()(const PowerOrder& order) const { executor.order(run, order); }
    void operator()(const EffectRun::Pause& pause) const { executor.rest(run, pause.length); }
    void operator()(EffectRun::Done& outcome) const {
      executor.watched_.done(run->from, run->effect, outcome);
      executor.end(run, EffectDone{run->effect.id, std::move(outcome)});
    }
  };
  const Replica& from = run->from;
  auto step = run->machine->next(from.elected() && from.leading() && from.term() == run->term);
  std::visit(Step{*this, run}, step);
}

// Its worker does something else meanwhile.
void EffectDriver::rest(const Shared& run, Duration length) {
  lanes_of(run->from).lanes.rest(run->effect.body);
  queue_.after(length, [this, run] {
    when_it_runs(run, [this, run] {
      lanes_of(run->from).rested.push_back(run);
      begin_next(run->from);
    });
  });
  begin_next(run->from);
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
  const Duration slow = power_time();
  queue_.after(half, [this, run, order, half, slow] {
    auto answer = std::make_shared<Result<std::string>>(give(order, drivers_, {}));
    if (slow > kPowerPatience) *answer = too_slow(order.driver.node->name);
    queue_.after(half + std::min(slow, kPowerPatience), [this, run, answer] { hear(run, true, std::move(*answer)); });
  });
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
  lanes_of(run->from).lanes.done(run->effect.body);
  run->from.tell(std::move(event));
  begin_next(run->from);
}

}  // namespace drover::sim
