#include "act/executor.h"

#include <atomic>
#include <map>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/bounded_queue.h"
#include "base/hash.h"
#include "base/mutex.h"

namespace drover {
namespace {

constexpr Duration kForever = hours{24 * 365};

template <typename Body>
constexpr bool kIsSample = std::is_same_v<Body, SampleSignal> || std::is_same_v<Body, SampleUse>;

// What the effect is about, for the log.
std::string subject_of(const EffectBody& body) {
  struct Subject {
    std::string operator()(const SampleSignal& e) const { return to_string(e.policy.key); }
    std::string operator()(const SampleUse&) const { return ""; }
    std::string operator()(const CreateMigration& e) const { return to_string(e.vm); }
    std::string operator()(const CancelMigration& e) const { return to_string(e.migration); }
    std::string operator()(const WriteStatus& e) const { return to_string(e.policy.key); }
    std::string operator()(const Announce& e) const { return to_string(e.vm); }
    std::string operator()(const MarkNode& e) const { return e.node; }
    std::string operator()(const SwitchPower& e) const { return e.node; }
  };
  return std::visit(Subject{}, body);
}

// The event that answers an effect of kind Body with an error.
Event refusal(const Effect& effect, const Error& error) {
  if (const auto* sample = std::get_if<SampleSignal>(&effect.body)) return SignalSampled{effect.id, sample->policy, error};
  if (std::holds_alternative<SampleUse>(effect.body)) return UseSampled{effect.id, error};
  return EffectDone{effect.id, error};
}

template <typename T>
std::string_view result_text(const Result<T>& result) {
  return result ? "ok" : metric_label(result.error().cls);
}

}  // namespace

struct Executor::State {
  using Lane = BoundedQueue<Effect>;

  State(Means m, Log& l, Telemetry& t, ExecutorOptions o, Report r)
      : means(std::move(m)), log(l), telemetry(t), options(o), report(std::move(r)) {
    for (int i = 0; i < options.movers; ++i) movers.push_back(std::make_unique<Lane>(options.lane));
    for (auto& lane : movers) start(*lane);
    start(telling);
    for (int i = 0; i < options.samplers; ++i) start(samples);
  }

  void start(Lane& lane) {
    threads.emplace_back([this, &lane](const std::stop_token& stop) {
      while (auto effect = lane.pop(kForever, stop)) {
        running(+1);
        if (!closing) report(carry_out(*effect, stop));
        running(-1);
      }
    });
  }

  void running(int change) {
    const MutexLock lock(mutex);
    running_now += change;
    if (running_now == 0) idle.notify_all();
  }

  Lane& lane_of(const EffectBody& body) {
    if (const auto* create = std::get_if<CreateMigration>(&body)) return mover_of(create->vm);
    if (const auto* cancel = std::get_if<CancelMigration>(&body)) return mover_of(cancel->vm);
    // All that is done to one node, in order.
    if (const auto* mark = std::get_if<MarkNode>(&body)) return mover_of({"", mark->node});
    if (const auto* power = std::get_if<SwitchPower>(&body)) return mover_of({"", power->node});
    const bool tells = std::holds_alternative<WriteStatus>(body) || std::holds_alternative<Announce>(body);
    return tells ? telling : samples;
  }
  Lane& mover_of(const ObjectKey& vm) { return *movers[stable_hash(to_string(vm)) % movers.size()]; }

  Event carry_out(const Effect& effect, const std::stop_token& stop) {
    const Duration began = means.clock.monotonic();
    const auto kind = kind_of(effect.body);
    return std::visit(
        [&](const auto& body) -> Event {
          if constexpr (kIsSample<std::decay_t<decltype(body)>>) {
            return sample(effect.id, body, stop);
          } else {
            auto outcome = perform(means, body, stop);
            telemetry.observe("drover_effect_duration_seconds", {{"kind", kind}}, to_seconds(means.clock.monotonic() - began));
            tell(effect.body, outcome);
            return EffectDone{effect.id, std::move(outcome)};
          }
        },
        effect.body);
  }

  Event sample(EffectId id, const SampleSignal& body, const std::stop_token& stop) {
    const Duration began = means.clock.monotonic();
    auto table = means.metrics.sample(body.signal, means.clock.now(), stop);
    telemetry.observe("drover_sample_duration_seconds", {{"kind", "signal"}}, to_seconds(means.clock.monotonic() - began));
    const ObjectKey& key = body.policy.key;
    telemetry.count("drover_signal_samples_total",
                    {{"policy_namespace", key.ns}, {"policy", key.name}, {"result", result_text(table)}});
    if (table) {
      telemetry.gauge("drover_signal_last_success_timestamp_seconds", {{"policy_namespace", key.ns}, {"policy", key.name}},
                      to_seconds(table->sampled.time_since_epoch()));
      telemetry.gauge("drover_signal_unusable_series", {{"policy_namespace", key.ns}, {"policy", key.name}},
                      static_cast<double>(table->unusable_series));
    }
    const std::string problem = table ? "" : to_string(table.error());
    if (is_news("signal of " + body.policy.uid, problem)) {
      if (table) log.info("the signal can be sampled again", {{"policy", to_string(key)}});
      if (!table) log.warn("the signal can't be sampled", {{"policy", to_string(key)}, {"error", problem}});
    }
    return SignalSampled{id, body.policy, std::move(table)};
  }

  Event sample(EffectId id, const SampleUse&, const std::stop_token& stop) {
    const Duration began = means.clock.monotonic();
    auto table = means.metrics.sample_use(means.clock.now(), stop);
    telemetry.observe("drover_sample_duration_seconds", {{"kind", "use"}}, to_seconds(means.clock.monotonic() - began));
    telemetry.count("drover_use_samples_total", {{"result", result_text(table)}});
    const std::string problem = table ? "" : to_string(table.error());
    if (is_news("use", problem)) {
      if (table) log.info("the use of virtual machines can be sampled again");
      if (!table) log.warn("the use of virtual machines can't be sampled", {{"error", problem}});
    }
    return UseSampled{id, std::move(table)};
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

  Means means;
  Log& log;
  Telemetry& telemetry;
  const ExecutorOptions options;
  const Report report;
  std::atomic<bool> closing = false;

  Mutex mutex;
  ConditionVariable idle;
  int running_now DROVER_GUARDED_BY(mutex) = 0;
  std::map<std::string, std::string> problems DROVER_GUARDED_BY(mutex);  // the last one of each thing that is sampled

  std::vector<std::unique_ptr<Lane>> movers;
  Lane telling{options.lane};
  Lane samples{options.lane};
  std::vector<std::jthread> threads;  // last: they use everything above
};

Executor::Executor(Means means, Log& log, Telemetry& telemetry, ExecutorOptions options, Report report)
    : state_(std::make_unique<State>(std::move(means), log, telemetry, options, std::move(report))) {}

Executor::~Executor() {
  shut_down(Duration::zero());
}

void Executor::dispatch(Effect effect) {
  State& s = *state_;
  auto& lane = s.lane_of(effect.body);
  // This thread alone fills the lanes, so the room that is seen is still there at the push.
  if (lane.size() >= s.options.lane) {
    const Error full{ErrorClass::Retryable, "too many effects wait to be carried out"};
    s.log.warn("effect put off", {{"effect", std::string(kind_of(effect.body))}, {"object", subject_of(effect.body)}});
    return s.report(refusal(effect, full));
  }
  lane.push(std::move(effect), {});
}

void Executor::shut_down(Duration grace) {
  State& s = *state_;
  if (s.threads.empty()) return;
  s.closing = true;
  for (auto& lane : s.movers) lane->close();
  s.telling.close();
  s.samples.close();
  s.log.debug("no more effects are begun");
  {
    MutexLock lock(s.mutex);
    s.idle.wait_for(lock, grace, [&]() DROVER_REQUIRES(s.mutex) { return s.running_now == 0; });
  }
  for (auto& thread : s.threads) thread.request_stop();
  s.threads.clear();
}

}  // namespace drover
