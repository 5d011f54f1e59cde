// Run: the live operator's loop with a made cluster (cluster.h), one event after another, each measured.
#pragma once

#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "control/loop.h"
#include "core/round.h"
#include "event/cluster.h"

namespace drover::bench {

using Stopwatch = std::chrono::steady_clock;

inline constexpr Instant kStart{seconds{1'800'000'000}};
inline constexpr int kMostEvents = 100'000;
inline constexpr const char* kBetween = ", between rounds";

// The wall clock is set by the bench; the other runs.
class BenchClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] Duration monotonic() const override { return Stopwatch::now().time_since_epoch(); }
  void advance_to(Instant t) { now_ = std::max(now_, t); }

 private:
  Instant now_ = kStart;
};

class NoLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*message*/, LogFields /*fields*/) override {}
};

// Hears from the loop how long the core's part took.
class CoreTimes final : public Telemetry {
 public:
  double core_ms = 0;
  void count(std::string_view /*name*/, MetricLabels /*labels*/, double /*by*/) override {}
  void gauge(std::string_view /*name*/, MetricLabels /*labels*/, double /*value*/) override {}
  void observe(std::string_view name, MetricLabels /*labels*/, double value) override {
    if (name == "drover_evaluation_duration_seconds") core_ms += value * 1000;
  }
};

// Of this thread: what other programs take of the machine is no part of it.
inline double cpu_ms() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

struct Sample {
  double turn_ms = 0;
  double cpu_ms = 0;
  double core_ms = 0;
};

struct Settings {
  Sizes sizes;
  int events = 1000;
  int rounds = 5;
  std::string results;
  std::string only;
};

// A round that is held on a thread of its own, as the operator does.
class Beside {
 public:
  void begin(EffectId id, HoldRound round) {
    done_ = false;
    thread_ = std::jthread([this, id, round = std::move(round)] {
      const double before = cpu_ms();
      answer_ = hold_round(id, round, [] { return false; });
      cpu_ms_ = cpu_ms() - before;
      done_ = true;
    });
  }
  [[nodiscard]] bool busy() const { return thread_.joinable(); }
  [[nodiscard]] bool done() const { return done_; }
  RoundHeld take() {
    thread_ = {};
    return std::move(*answer_);
  }
  [[nodiscard]] double cpu() const { return cpu_ms_; }

 private:
  std::optional<RoundHeld> answer_;
  double cpu_ms_ = 0;
  std::atomic<bool> done_ = false;
  std::jthread thread_;
};

class Run {
 public:
  Run(const Settings& settings, const std::vector<Policy>& policies)
      : settings_(settings),
        cluster_(settings.sizes, policies, 1, kStart),
        loop_({.clock = clock_,
               .log = log_,
               .telemetry = times_,
               .dispatch = [this](Effect effect) { effects_.push_back(std::move(effect)); },
               .time_zone = [](const std::string& name) -> Result<TimeZone> {
                 return Error{ErrorClass::NotFound, "no time zone " + name};
               }},
              CoreOptions{}, {kAllKinds.begin(), kAllKinds.end()}) {}

  void go() {
    turn("first lists", {}, cluster_.lists());
    turn("leadership", Leadership{true}, {});
    settle();
    for (int i = 0; i < settings_.events; ++i) {
      clock_.advance_to(clock_.now() + seconds{1});
      const std::string kind = happen(i);
      turn(kind, {}, cluster_.take());
      settle();
    }
  }

  // Rounds are held beside the loop, and measured are the events that come until each has been.
  void go_with_rounds() {
    with_rounds_ = true;
    turn("first lists", {}, cluster_.lists());
    turn("leadership", Leadership{true}, {});
    settle();
    for (int i = 0; std::ssize(packing_) < settings_.rounds && i < kMostEvents; ++i) {
      const bool held = beside_.busy();
      if (held && beside_.done()) {
        RoundHeld answer = beside_.take();
        packing_.push_back(beside_.cpu());
        moves_ += (*answer.outcome)->moves.size();
        turn("round taken up", Event{std::move(answer)}, {});
        settle();
        continue;
      }
      clock_.advance_to(clock_.now() + (held ? seconds{1} : seconds{10}));  // to the next round time flies
      const std::string kind = happen(i);
      turn(kind, {}, cluster_.take());
      settle();
    }
  }

  [[nodiscard]] const std::vector<double>& packing() const { return packing_; }
  [[nodiscard]] std::size_t moves() const { return moves_; }
  [[nodiscard]] const std::map<std::string, std::vector<Sample>>& samples() const { return samples_; }
  [[nodiscard]] std::size_t pods() const { return cluster_.view().pods.size(); }

 private:
  // What happens in a cluster, about as often as it does: nodes most of all, policies hardly ever.
  std::string happen(int i) {
    const Instant now = clock_.now();
    if (i % 200 == 199) return cluster_.change_policy(), "policy changed";
    switch (i % 20) {
      case 0: return cluster_.start_vm(now), "VM starts";
      case 1: return cluster_.end_vm(), "VM ends";
      case 2:
      case 3:
      case 4:
      case 5: return cluster_.change_vm(), "VM changed";
      case 6:
      case 7:
      case 8:
      case 9: return cluster_.change_launcher(), "launcher pod changed";
      case 10:
      case 11:
      case 12:
      case 13: return cluster_.advance_migration(now), "migration progress";
      case 14:
        if (wake_) clock_.advance_to(*wake_);
        return "periodic look";
      default: return cluster_.change_node(), "node changed";
    }
  }

  // Answers to what the loop asked for, and what the API server shows of it, each in a turn of its own.
  void settle() {
    for (int bound = 0; !effects_.empty() && bound < 1000; ++bound) {
      const Effect effect = std::move(effects_.front());
      effects_.erase(effects_.begin());
      clock_.advance_to(clock_.now() + milliseconds{20});
      if (const auto* signal = std::get_if<SampleSignal>(&effect.body)) {
        turn("metric sample answered", Event{SignalSampled{effect.id, signal->policy, cluster_.signal(clock_.now())}}, {});
      } else if (const auto* round = std::get_if<HoldRound>(&effect.body)) {
        if (with_rounds_) {
          beside_.begin(effect.id, *round);
        } else {
          turn("round taken up", Event{hold_round(effect.id, *round, [] { return false; })}, {});
        }
      } else if (std::holds_alternative<SampleUse>(effect.body)) {
        turn("use sample answered", Event{UseSampled{effect.id, cluster_.use(clock_.now())}}, {});
      } else {
        turn("effect answered", Event{EffectDone{effect.id, cluster_.carry_out(effect.body, clock_.now())}}, {});
        Deltas seen = cluster_.take();
        if (seen.empty()) continue;
        clock_.advance_to(clock_.now() + milliseconds{5});
        turn("effect seen", {}, std::move(seen));
      }
    }
  }

  void turn(const std::string& kind, std::optional<Urgent> urgent, Deltas deltas) {
    Batch batch;
    if (urgent) batch.urgent.push_back(std::move(*urgent));
    batch.deltas = std::move(deltas);
    times_.core_ms = 0;
    const double cpu_before = cpu_ms();
    const auto began = Stopwatch::now();
    wake_ = loop_.turn(std::move(batch));
    const double took = std::chrono::duration<double, std::milli>(Stopwatch::now() - began).count();
    const double cpu = cpu_ms() - cpu_before;
    const bool asked = std::any_of(effects_.begin(), effects_.end(),
                                   [](const Effect& effect) { return std::holds_alternative<HoldRound>(effect.body); });
    const bool between = with_rounds_ && !beside_.busy() && kind != "round taken up";
    samples_[asked ? "round asked for" : between ? kind + kBetween : kind].push_back({took, cpu, times_.core_ms});
  }

  const Settings& settings_;
  BenchClock clock_;
  NoLog log_;
  CoreTimes times_;
  Cluster cluster_;
  std::vector<Effect> effects_;
  Loop loop_;
  std::optional<Instant> wake_;
  Beside beside_;
  bool with_rounds_ = false;
  std::vector<double> packing_;  // CPU time of the rounds that were held, in ms
  std::size_t moves_ = 0;        // that they advised
  std::map<std::string, std::vector<Sample>> samples_;
};

}  // namespace drover::bench
