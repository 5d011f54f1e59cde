// One event after another into the live operator's loop (control/loop.h) with a view of 1,000 nodes and 15,000 VMs: how long it
// takes to bring the view up to date, to decide, and to hand the effects on. Sockets, JSON and the API server are not part of it.
//
// Between two events that others cause passes a second, so that each of them makes the core look at the whole; on a busier cluster
// most events find that a look was held within the last second, and cost next to nothing.
//
// The case "packing" holds rounds of consolidation that empty nodes, beside the loop as the operator does, and measures the events
// that come meanwhile, and the rounds; "rounds of ..." does so with the other strategies. usage: bench_event --results FILE
// [--events N] [--rounds N] [--nodes N] [--vms N] [--only TEXT]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "event/run.h"

namespace drover::bench {
namespace {

using nlohmann::ordered_json;

constexpr double kGoalMs = 10;
constexpr double kRoundGoalMs = 1000;

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

std::vector<Policy> consolidation_policies(ConsolidationStrategy strategy = ConsolidationStrategy::Balanced) {
  Policy policy = policy_named("", "pack");
  ConsolidationSettings settings;
  settings.strategy = strategy;
  settings.power_down = {.enabled = true, .after = minutes{10}};
  policy.spec.settings = settings;
  return {policy};
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}

// Of the mix: what comes by itself, one by one.
bool is_event(const std::string& kind) {
  return kind != "first lists" && kind != "leadership" && !kind.ends_with(kBetween);
}

class Bench {
 public:
  explicit Bench(Settings settings) : settings_(std::move(settings)) {}

  void measure(const std::string& name, const std::vector<Policy>& policies, void (Run::*go)()) {
    if (name.find(settings_.only) == std::string::npos) return;
    const auto run = std::make_unique<Run>(settings_, policies);
    ((*run).*go)();
    std::fprintf(stderr, "%s: %zu nodes, %zu VMs, %zu pods\n%-26s %7s %9s %9s %9s %9s %9s %9s\n", name.c_str(),
                 settings_.sizes.nodes, settings_.sizes.vms, run->pods(), "milliseconds", "events", "p50", "p99", "max", "CPU p50",
                 "CPU p99", "CPU max");
    std::vector<Sample> mix;
    for (const auto& [kind, samples] : run->samples()) {
      report(name, kind, samples, false);
      if (is_event(kind)) mix.insert(mix.end(), samples.begin(), samples.end());
    }
    report(name, go == &Run::go ? "all events" : "all events while a round is held", mix, true);
    report_rounds(name, *run);
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

  void report_rounds(const std::string& name, const Run& run) {
    if (run.packing().empty()) return;
    const std::vector<double>& cpu = run.packing();
    const double moves = static_cast<double>(run.moves()) / static_cast<double>(cpu.size());
    std::fprintf(stderr, "a round: CPU time of %zu p50 %.0f ms, longest %.0f ms; %.1f moves advised\n", cpu.size(),
                 quantile(cpu, 0.5), quantile(cpu, 1), moves);
    row(name + ", a round", "CPU time, p50", quantile(cpu, 0.5), "", true);
    row(name + ", a round", "CPU time, longest", quantile(cpu, 1), "at most 1000 ms", quantile(cpu, 1) <= kRoundGoalMs);
    samples_[name]["a round"] = {{"cpu", cpu}, {"moves", moves}};
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
  bench.measure("threshold", threshold_policies(), &Run::go);
  bench.measure("consolidation", consolidation_policies(), &Run::go);
  bench.measure("packing", consolidation_policies(), &Run::go_with_rounds);
  for (const auto strategy :
       {ConsolidationStrategy::DynamicRoundRobin, ConsolidationStrategy::Fuzzy, ConsolidationStrategy::Placement})
    bench.measure("rounds of " + std::string(to_string(strategy)), consolidation_policies(strategy), &Run::go_with_rounds);
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
    if (name == "--rounds") settings.rounds = std::atoi(value);
    if (name == "--nodes") settings.sizes.nodes = static_cast<std::size_t>(std::atoi(value));
    if (name == "--vms") settings.sizes.vms = static_cast<std::size_t>(std::atoi(value));
    if (name == "--only") settings.only = value;
  }
  if (settings.results.empty() || argc % 2 == 0 || settings.events < 1 || settings.sizes.nodes < 40 || settings.sizes.vms < 100) {
    std::fprintf(stderr, "usage: bench_event --results FILE [--events N] [--rounds N] [--nodes N] [--vms N] [--only TEXT]\n");
    return 2;
  }
  return drover::bench::run(settings);
}
