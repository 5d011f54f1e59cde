#include "act/executor.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "act/sample.h"
#include "base/mutex.h"

namespace drover {
namespace {

using Alarm = std::chrono::steady_clock;

// What the effect is about, for the log.
std::string subject_of(const EffectBody& body) {
  struct Subject {
    std::string operator()(const SampleSignal& e) const { return to_string(e.policy.key); }
    std::string operator()(const SampleUse&) const { return ""; }
    std::string operator()(const SamplePower& e) const { return e.node; }
    std::string operator()(const HoldRound& e) const { return to_string(e.policy.key); }
    std::string operator()(const CreateMigration& e) const { return to_string(e.vm); }
    std::string operator()(const CancelMigration& e) const { return to_string(e.migration); }
    std::string operator()(const WriteStatus& e) const { return to_string(e.policy.key); }
    std::string operator()(const Announce& e) const { return to_string(e.vm); }
    std::string operator()(const WriteProfileStatus& e) const { return e.profile; }
    std::string operator()(const EvictPod& e) const { return to_string(e.pod); }
    std::string operator()(const MarkNode& e) const { return e.node; }
    std::string operator()(const SwitchPower& e) const { return e.node; }
  };
  return std::visit(Subject{}, body);
}

// "MarkNode n3 Waking": the kind, what it is about, and, of a node, what becomes of that.
std::string name_of(const EffectBody& body) {
  std::string name = std::string(kind_of(body)) + " " + subject_of(body);
  if (const auto* mark = std::get_if<MarkNode>(&body)) name.append(" ").append(to_string(mark->marks.life));
  if (const auto* order = std::get_if<SwitchPower>(&body)) name.append(" ").append(to_string(order->request));
  return name;
}

template <typename T>
std::string_view result_text(const Result<T>& result) {
  return result ? "ok" : metric_label(result.error().cls);
}

}  // namespace

struct Executor::State {
  State(Means m, Log& l, Telemetry& t, LaneLimits limits, Report r)
      : means(std::move(m)), log(l), telemetry(t), report(std::move(r)), lanes(limits) {
    for (const Crew crew : kCrews) {
      for (int i = 0; i < limits.workers_of(crew); ++i) {
        threads.emplace_back([this, crew](const std::stop_token& stop) { work(crew, stop); });
      }
    }
  }

  // An effect under way.
  struct Run {
    Effect effect;
    std::uint64_t term = 0;              // as of when it was begun
    std::unique_ptr<EffectRun> machine;  // null: a sample, or not made yet
    Duration began{};
  };
  struct Resting {
    Alarm::time_point until;
    Run run;
  };

  void work(Crew crew, const std::stop_token& stop) {
    while (auto run = next(crew, stop)) {
      auto step = go_on(*run, stop);
      const auto* pause = std::get_if<EffectRun::Pause>(&step);
      if (pause == nullptr) report(std::get<Event>(std::move(step)));
      {
        const MutexLock lock(mutex);
        if (pause == nullptr) {
          lanes.done(run->effect.body);
        } else {
          lanes.rest(run->effect.body);
          resting.push_back({Alarm::now() + pause->length, std::move(*run)});
        }
      }
      changed.notify_all();
    }
  }

  // Empty: no more are begun.
  std::optional<Run> next(Crew crew, const std::stop_token& stop) {
    MutexLock lock(mutex);
    std::optional<Run> run;
    while (!run && !stop.stop_requested()) {
      const auto wakes = earliest(crew);
      const auto news = [&]() DROVER_REQUIRES(mutex) {
        run = take(crew);
        return run || over(crew) || earliest(crew) != wakes;
      };
      if (wakes) {
        changed.wait_until(lock, stop, *wakes, news);
      } else {
        changed.wait(lock, stop, news);
      }
      if (!run && over(crew)) break;
    }
    return run;
  }

  // Those that have paused long enough come first.
  std::optional<Run> take(Crew crew) DROVER_REQUIRES(mutex) {
    const auto now = Alarm::now();
    for (auto at = resting.begin(); at != resting.end(); ++at) {
      if (crew_of(at->run.effect.body) != crew || at->until > now || !lanes.go_on(at->run.effect.body)) continue;
      Run run = std::move(at->run);
      resting.erase(at);
      return run;
    }
    if (closing) return std::nullopt;
    auto effect = lanes.take(crew);
    if (!effect) return std::nullopt;
    return Run{.effect = std::move(*effect), .term = term, .machine = {}, .began = means.clock.monotonic()};
  }

  [[nodiscard]] std::optional<Alarm::time_point> earliest(Crew crew) const DROVER_REQUIRES(mutex) {
    std::optional<Alarm::time_point> found;
    for (const Resting& rests : resting) {
      if (crew_of(rests.run.effect.body) == crew) found = std::min(found.value_or(rests.until), rests.until);
    }
    return found;
  }

  [[nodiscard]] bool over(Crew crew) const DROVER_REQUIRES(mutex) { return closing && !earliest(crew); }

  std::variant<EffectRun::Pause, Event> go_on(Run& run, const std::stop_token& stop) {
    if (is_sample(run.effect.body)) {
      Event answer = sample(run.effect, means.metrics, means.drivers, means.clock.now(), stop);
      std::visit([&](const auto& told) { tell_sample(told, run.began); }, answer);
      return answer;
    }
    if (!run.machine) run.machine = begin(run.effect.body, means.instance);
    auto step = drover::go_on(
        means, *run.machine, name_of(run.effect.body), [&] { return run.term == term && means.may_act(); }, stop);
    if (const auto* pause = std::get_if<EffectRun::Pause>(&step)) return *pause;
    return end(run, std::get<EffectRun::Done>(std::move(step)));
  }

  Event end(const Run& run, Result<std::string> outcome) {
    const auto kind = kind_of(run.effect.body);
    telemetry.observe("drover_effect_duration_seconds", {{"kind", kind}}, to_seconds(means.clock.monotonic() - run.began));
    tell(run.effect.body, outcome);
    return EffectDone{run.effect.id, std::move(outcome)};
  }

  void tell_sample(const SignalSampled& told, Duration began) {
    took("signal", began);
    const auto& table = told.table;
    const ObjectKey& key = told.policy.key;
    telemetry.count("drover_signal_samples_total",
                    {{"policy_namespace", key.ns}, {"policy", key.name}, {"result", result_text(table)}});
    if (table) {
      telemetry.gauge("drover_signal_last_success_timestamp_seconds", {{"policy_namespace", key.ns}, {"policy", key.name}},
                      to_seconds(table->sampled.time_since_epoch()));
      telemetry.gauge("drover_signal_unusable_series", {{"policy_namespace", key.ns}, {"policy", key.name}},
                      static_cast<double>(table->unusable_series));
    }
    const std::string problem = table ? "" : to_string(table.error());
    if (is_news("signal of " + told.policy.uid, problem)) {
      if (table) log.info("the signal can be sampled again", {{"policy", to_string(key)}});
      if (!table) log.warn("the signal can't be sampled", {{"policy", to_string(key)}, {"error", problem}});
    }
  }

  void tell_sample(const UseSampled& told, Duration began) {
    took("use", began);
    telemetry.count("drover_use_samples_total", {{"result", result_text(told.table)}});
    const std::string problem = told.table ? "" : to_string(told.table.error());
    if (is_news("use", problem)) {
      if (told.table) log.info("the use of virtual machines can be sampled again");
      if (!told.table) log.warn("the use of virtual machines can't be sampled", {{"error", problem}});
    }
  }

  void tell_sample(const PowerSampled& told, Duration began) {
    took("power", began);
    telemetry.count("drover_power_samples_total", {{"result", result_text(told.answer)}});
    const std::string problem = told.answer ? "" : to_string(told.answer.error());
    if (is_news("power of " + told.node, problem)) {
      if (told.answer) log.info("the node's power driver can be asked again", {{"node", told.node}});
      if (!told.answer) log.warn("the node's power driver can't be asked", {{"node", told.node}, {"error", problem}});
    }
  }

  void tell_sample(const RoundHeld& told, Duration began) {
    took("round", began);
    log.debug("a round was held", {{"policy", to_string(told.policy.key)},
                                   {"seconds", std::to_string(to_seconds(means.clock.monotonic() - began))},
                                   {"error", told.outcome ? "" : to_string(told.outcome.error())}});
  }

  void tell_sample(const OneOfThese<ViewChanged, Tick, LeadershipChanged, EffectDone> auto&, Duration) {}  // answer no sample

  void took(std::string_view kind, Duration began) {
    telemetry.observe("drover_sample_duration_seconds", {{"kind", kind}}, to_seconds(means.clock.monotonic() - began));
  }

  // Whether the problem ("" for none) is another than the last one: what fails at every interval is logged once.
  bool is_news(const std::string& what, const std::string& problem) {
    const MutexLock lock(mutex);
    return std::exchange(problems[what], problem) != problem;
  }

  void tell(const EffectBody& body, const Result<std::string>& outcome) {
    const auto kind = kind_of(body);
    telemetry.count("drover_effects_total", {{"kind", kind}, {"result", result_text(outcome)}});
    if (!outcome) {
      log.warn("effect failed",
               {{"effect", std::string(kind)}, {"object", subject_of(body)}, {"error", to_string(outcome.error())}});
    } else if (const auto* create = std::get_if<CreateMigration>(&body); create != nullptr && !create->dry_run) {
      log.info("migration created", {{"vm", to_string(create->vm)},
                                     {"migration", create->name},
                                     {"uid", *outcome},
                                     {"source", create->source},
                                     {"target", create->target},
                                     {"policy", to_string(create->policy.key)}});
    } else {
      log.debug("effect done", {{"effect", std::string(kind)}, {"object", subject_of(body)}});
    }
  }

  const Means means;
  Log& log;
  Telemetry& telemetry;
  const Report report;
  std::atomic<std::uint64_t> term = 0;  // changes when all is forgotten

  Mutex mutex;
  ConditionVariable changed;
  Lanes lanes DROVER_GUARDED_BY(mutex);
  std::vector<Resting> resting DROVER_GUARDED_BY(mutex);  // in the order in which they began to
  bool closing DROVER_GUARDED_BY(mutex) = false;
  std::map<std::string, std::string> problems DROVER_GUARDED_BY(mutex);  // the last one of each thing that is sampled

  std::vector<std::jthread> threads;  // last: they use everything above
};

Executor::Executor(Means means, Log& log, Telemetry& telemetry, Report report, LaneLimits limits)
    : state_(std::make_unique<State>(std::move(means), log, telemetry, limits, std::move(report))) {}

Executor::~Executor() {
  shut_down(Duration::zero());
}

void Executor::dispatch(Effect effect) {
  State& s = *state_;
  {
    const MutexLock lock(s.mutex);
    if (s.lanes.has_room(effect.body)) {
      s.lanes.add(std::move(effect));
      return s.changed.notify_all();
    }
  }
  s.log.warn("effect put off", {{"effect", std::string(kind_of(effect.body))}, {"object", subject_of(effect.body)}});
  s.report(put_off(effect));
}

void Executor::forget() {
  State& s = *state_;
  const MutexLock lock(s.mutex);
  ++s.term;
  s.lanes.drop_waiting();
}

void Executor::shut_down(Duration grace) {
  State& s = *state_;
  if (s.threads.empty()) return;
  {
    MutexLock lock(s.mutex);
    s.closing = true;
    s.changed.notify_all();
    s.log.debug("no more effects are begun");
    s.changed.wait_for(lock, grace, [&]() DROVER_REQUIRES(s.mutex) { return s.lanes.running() == 0 && s.resting.empty(); });
  }
  for (auto& thread : s.threads) thread.request_stop();
  s.threads.clear();
  const MutexLock lock(s.mutex);  // nobody is left; for the proof alone
  for (const auto& rests : std::exchange(s.resting, {})) s.report(s.end(rests.run, stopped_in_pause()));
}

}  // namespace drover
