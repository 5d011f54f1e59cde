// One event after another into the live operator's loop (control/loop.h) with a view of 1,000 nodes and 15,000 VMs: how long it
// takes to bring the view up to date, to decide, and to hand the effects on. Sockets, JSON and the API server are not part of it.
//
// Between two events that others cause passes a second, so that each of them makes the core look at the whole; on a busier cluster
// most events find that a look was held within the last second, and cost next to nothing. usage: bench_event --results FILE
// [--events N] [--nodes N] [--vms N] [--only TEXT]
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "control/loop.h"
#include "event/cluster.h"

namespace drover::bench {
namespace {

using nlohmann::ordered_json;
using Stopwatch = std::chrono::steady_clock;

constexpr double kGoalMs = 10;
constexpr Instant kStart{seconds{1'800'000'000}};

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
double cpu_ms() {
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
  std::string results;
  std::string only;
};

Policy policy_named(const std::string& ns, const std::string& name) {
  Policy policy;
  policy.ref = {.key = {ns, name}, .uid = "uid-" + name};
  policy.generation = 1;
  policy.created = kStart;
  policy.spec.mode = PolicyMode::Enforce;
  policy.spec.budgets = {{.migrations = 5}, {.percent = 10, .window = Window{.cron = "0 22 * * mon-fri", .duration = hours{8}}}};
  policy.spec.schedule = {{.cron = "0 0 * * *", .duration = hours{24}}, {.cron = "*/30 8-18 * * mon-fri", .duration = hours{1}}};
  return policy;
}

// The operator's for all VMs, and owners' in five namespaces.
std::vector<Policy> threshold_policies() {
  std::vector<Policy> policies;
  for (int i = 0; i < 6; ++i) {
    Policy policy = policy_named(i == 0 ? "" : "ns-0000" + std::to_string(i), "busy-" + std::to_string(i));
    ThresholdSettings threshold;
    threshold.signal = KubeVirtMetricSignal{};
    threshold.level = 0.9;
    threshold.for_duration = seconds{30};
    policy.spec.settings = threshold;
    policies.push_back(std::move(policy));
  }
  return policies;
}

std::vector<Policy> consolidation_policies() {
  Policy policy = policy_named("", "pack");
  ConsolidationSettings settings;
  settings.power_down = {.enabled = true, .after = minutes{10}};
  policy.spec.settings = settings;
  return {policy};
}

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
    const bool round = held_round();
    samples_[round ? "consolidation round" : kind].push_back({took, cpu, times_.core_ms});
  }

  bool held_round() {
    bool held = false;
    for (const PolicyReport& report : loop_.core().reports(loop_.store().view())) {
      if (!report.rule.round) continue;
      Instant& last = rounds_[report.policy];
      held = held || last != report.rule.round->held;
      last = report.rule.round->held;
    }
    return held;
  }

  const Settings& settings_;
  BenchClock clock_;
  NoLog log_;
  CoreTimes times_;
  Cluster cluster_;
  std::vector<Effect> effects_;
  Loop loop_;
  std::optional<Instant> wake_;
  std::map<PolicyRef, Instant> rounds_;
  std::map<std::string, std::vector<Sample>> samples_;
};

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}

// Of the mix: what comes by itself, one by one.
bool is_event(const std::string& kind) {
  return kind != "first lists" && kind != "leadership" && kind != "consolidation round";
}

class Bench {
 public:
  explicit Bench(Settings settings) : settings_(std::move(settings)) {}

  void measure(const std::string& name, const std::vector<Policy>& policies) {
    if (name.find(settings_.only) == std::string::npos) return;
    const auto run = std::make_unique<Run>(settings_, policies);
    run->go();
    std::fprintf(stderr, "%s: %zu nodes, %zu VMs, %zu pods\n%-26s %7s %9s %9s %9s %9s %9s %9s\n", name.c_str(),
                 settings_.sizes.nodes, settings_.sizes.vms, run->pods(), "milliseconds", "events", "p50", "p99", "max", "CPU p50",
                 "CPU p99", "CPU max");
    std::vector<Sample> mix;
    for (const auto& [kind, samples] : run->samples()) {
      report(name, kind, samples, false);
      if (is_event(kind)) mix.insert(mix.end(), samples.begin(), samples.end());
    }
    report(name, "all events", mix, true);
  }

  [[nodiscard]] bool write() const {
    std::ofstream out(settings_.results);
    const ordered_json all = {{"bench", "event"},     {"nodes", settings_.sizes.nodes}, {"vms", settings_.sizes.vms},
                              {"machine", machine()}, {"compiler", __VERSION__},        {"rows", rows_},
                              {"samplesMs", samples_}};
    out << all.dump(1) << '\n';
    return out.good();
  }

 private:
  static std::string machine() {
    std::ifstream in("/proc/cpuinfo");
    std::string model = "unknown";
    int processors = 0;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("processor")) ++processors;
      if (line.starts_with("model name")) model = line.substr(line.find(':') + 2);
    }
    return std::to_string(processors) + " x " + model;
  }

  void report(const std::string& name, const std::string& kind, const std::vector<Sample>& samples, bool judged) {
    const auto figures = [&](double Sample::*figure) {
      std::vector<double> values;
      for (const Sample& sample : samples) values.push_back(sample.*figure);
      return values;
    };
    const std::vector<double> turns = figures(&Sample::turn_ms);
    const std::vector<double> cpu = figures(&Sample::cpu_ms);
    const std::vector<double> cores = figures(&Sample::core_ms);
    const double p99 = quantile(turns, 0.99);
    const double cpu99 = quantile(cpu, 0.99);
    std::fprintf(stderr, "%-26s %7zu %9.3f %9.3f %9.3f %9.3f %9.3f %9.3f\n", kind.c_str(), turns.size(), quantile(turns, 0.5), p99,
                 quantile(turns, 1), quantile(cpu, 0.5), cpu99, quantile(cpu, 1));
    const std::string one = name + ", " + kind;
    row(one, "decided in, p50", quantile(turns, 0.5), "", true);
    row(one, "decided in, p99", p99, judged ? "at most 10 ms" : "", !judged || p99 <= kGoalMs);
    row(one, "decided in, longest", quantile(turns, 1), "", true);
    row(one, "CPU time, p50", quantile(cpu, 0.5), "", true);
    row(one, "CPU time, p99", cpu99, judged ? "at most 10 ms" : "", !judged || cpu99 <= kGoalMs);
    row(one, "CPU time, longest", quantile(cpu, 1), "", true);
    row(one, "the core's part, p99", quantile(cores, 0.99), "", true);
    std::vector<double> view;
    for (const Sample& sample : samples) view.push_back(sample.turn_ms - sample.core_ms);
    row(one, "the view's part, p99", quantile(view, 0.99), "", true);
    if (!judged) samples_[name][kind] = {{"decidedIn", turns}, {"cpu", cpu}};
  }

  void row(const std::string& name, const std::string& metric, double value, const std::string& goal, bool met) {
    const ordered_json line = {{"bench", "event"}, {"case", name},   {"metric", metric}, {"unit", "ms"}, {"drover", value},
                               {"peer", nullptr},  {"peerName", ""}, {"ratio", nullptr}, {"goal", goal}, {"met", met}};
    std::cout << line.dump() << std::endl;
    rows_.push_back(line);
  }

  Settings settings_;
  ordered_json rows_ = ordered_json::array();
  ordered_json samples_ = ordered_json::object();
};

int run(const Settings& settings) {
  Bench bench(settings);
  bench.measure("threshold", threshold_policies());
  bench.measure("consolidation", consolidation_policies());
  if (bench.write()) return 0;
  std::fprintf(stderr, "%s cannot be written: is its folder there?\n", settings.results.c_str());
  return 1;
}

}  // namespace
}  // namespace drover::bench

int main(int argc, char** argv) {
  drover::bench::Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--results") settings.results = value;
    if (name == "--events") settings.events = std::atoi(value);
    if (name == "--nodes") settings.sizes.nodes = static_cast<std::size_t>(std::atoi(value));
    if (name == "--vms") settings.sizes.vms = static_cast<std::size_t>(std::atoi(value));
    if (name == "--only") settings.only = value;
  }
  if (settings.results.empty() || argc % 2 == 0 || settings.events < 1 || settings.sizes.nodes < 40 || settings.sizes.vms < 100) {
    std::fprintf(stderr, "usage: bench_event --results FILE [--events N] [--nodes N] [--vms N] [--only TEXT]\n");
    return 2;
  }
  return drover::bench::run(settings);
}
