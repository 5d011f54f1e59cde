// Drover's strategy Balanced in CloudSim 4.0's PlanetLab world, beside that program's own policies, day by day. One JSON object a
// row on standard output, a table on standard error, all rows in the file of --results.
//
// usage: bench_planetlab --results FILE [DAY...]    DAY: a folder of traces, or a .tar.xz of one; none: made days
#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "consolidate/strategy.h"
#include "papers/cloudsim_clairvoyant.h"
#include "papers/cloudsim_drover.h"
#include "papers/cloudsim_reference.h"
#include "papers/planetlab_made.h"

namespace drover::papers {
namespace {

using nlohmann::ordered_json;

struct Table {
  const char* name;
  Rules rules;
  Samples samples;
  // Goals as ratios to LR-MMT 1.2 on the same rules and day, in the order of figures(); none: 0.
  std::array<double, 5> goals;
};

const std::vector<Table> kTables = {
    {"CloudSim's rules, current sample", {}, Samples::Current, {0.72, 0.045, 0.005, 0.14, 0.09}},
    {"CloudSim's rules, past samples", {}, Samples::Past, {0.80, 0.045, 0.005, 0.30, 0.20}},
    {"all VMs kept, current sample", {.completes_idle_vms = false}, Samples::Current, {}},
    {"all VMs kept, past samples", {.completes_idle_vms = false}, Samples::Past, {0.70, 0.028, 0.004, 0.30, 0.20}},
    {"memory honoured, past samples", {.memory_always = true}, Samples::Past, {0.95, 0.30, 0, 0, 1}},
};

struct Figure {
  const char* metric;
  const char* unit;
  double value;
};

struct Run {
  Meters meters;
  long moves = 0;
};

std::vector<Figure> figures(const Meters& meters, long moves) {
  return {{"energy", "kWh", meters.kwh()},
          {"migrations", "", static_cast<double>(moves)},
          {"SLAV", "", meters.slav()},
          {"overload only", "% of host time", meters.overload() * 100},
          {"unserved", "% of CPU", meters.unserved() * 100}};
}

// What CloudSim 4.0 itself prints, by day and policy, and with the same rules what its output leaves out.
struct Published {
  const char* day;
  const char* policy;
  std::vector<std::pair<const char*, const char*>> figures;  // format, printed
};

const std::vector<Published> kPublished = {
    {"20110303",
     "THR-MMT 0.8",
     {{"%.2f", "192.62"}, {"%.0f", "26711"}, {"%.3f", "4.913"}, {"%.3f", "0.055"}, {"%.4f", "0.0646"}, {"%.3e", "3.176e-05"}}},
    {"20110303",
     "LR-MMT 1.2",
     {{"%.2f", "163.48"},
      {"%.0f", "27859"},
      {"%.3f", "5.858"},
      {"%.3f", "0.713"},
      {"%.4f", "0.0793"},
      {"%.3e", "4.644e-05"},
      {"%.3f", "0.147"}}},
    {"20110306",
     "LR-MMT 1.2",
     {{"%.2f", "123.28"},
      {"%.0f", "20878"},
      {"%.3f", "5.882"},
      {"%.3f", "0.761"},
      {"%.4f", "0.0786"},
      {"%.2e", "4.62e-05"},
      {"%.3f", "0.141"}}},
    {"20110309",
     "LR-MMT 1.2",
     {{"%.2f", "142.09"},
      {"%.0f", "24959"},
      {"%.3f", "6.550"},
      {"%.3f", "1.144"},
      {"%.4f", "0.0918"},
      {"%.2e", "6.02e-05"},
      {"%.3f", "0.222"}}},
};
const char* const kColumns[] = {"energy", "migrations", "SLATAH", "overload only", "PDM", "SLAV", "unserved"};
const char* const kUnits[] = {"kWh", "", "%", "%", "%", "", "%"};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

double peak_mebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

std::string machine() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

class Bench {
 public:
  explicit Bench(std::string only) : only_(std::move(only)) {}

  void day(const UseTraces& traces) {
    speed(traces);
    reproduce(traces);
    for (const Table& table : kTables) {
      if (std::string_view(table.name).find(only_) != std::string_view::npos) compare(traces, table);
    }
  }

  [[nodiscard]] bool keep(const std::string& path) const {
    std::ofstream out(path);
    out << ordered_json{{"bench", "planetlab"},
                        {"machine", machine()},
                        {"compiler", std::string("g++ ") + __VERSION__},
                        {"rows", rows_}}
               .dump(1)
        << "\n";
    return out.good();
  }

 private:
  void row(const std::string& what, const Figure& figure, const ordered_json& peer, const char* peer_name, double goal_ratio,
           const std::string& goal, bool met) {
    ordered_json line{{"bench", "planetlab"},   {"case", what}, {"metric", figure.metric}, {"unit", figure.unit},
                      {"drover", figure.value}, {"peer", peer}, {"peerName", peer_name},   {"ratio", nullptr},
                      {"goal", goal},           {"met", met}};
    if (peer.is_number() && peer.get<double>() != 0) line["ratio"] = figure.value / peer.get<double>();
    if (goal_ratio > 0) line["goal"] = "ratio <= " + number("%g", goal_ratio);
    std::printf("%s\n", line.dump().c_str());
    std::fflush(stdout);
    rows_.push_back(line);
  }

  static Run reference(const UseTraces& traces, Rules rules, ReferencePolicy::Overload kind, double parameter) {
    World world(traces, rules);
    ReferencePolicy policy(world, kind, parameter);
    Run run;
    if (!policy.boot()) std::fprintf(stderr, "  some VMs fit on no host\n");
    for (int frame = 1; frame < kFrames; ++frame) {
      world.advance(kFrameSeconds * frame + .1);
      const auto moves = policy.decide();
      run.moves += static_cast<long>(moves.size());
      world.carry_out(moves);
    }
    run.meters = world.meters();
    return run;
  }

  // The settings of all days and all rules: the defaults, but for what only this world knows.
  static DroverRun drover(const UseTraces& traces, Rules rules, Samples samples) {
    ConsolidationSettings settings;
    settings.overload = 1;         // CloudSim's hosts are overloaded when all of their CPU is asked for
    settings.reserve_nodes = 0;    // and are on when they are needed
    settings.max_moves = 1000000;  // it carries any number of moves out at once
    World world(traces, rules);
    const auto strategy = make_strategy(settings);
    return run_strategy(world, *strategy, samples);
  }

  void speed(const UseTraces& traces) {
    const double before = cpu_seconds();
    (void)drover(traces, {}, Samples::Past);
    const double seconds = cpu_seconds() - before;
    const std::string what = traces.name + ", one day simulated with its decisions";
    row(what, {"CPU time", "s", seconds}, nullptr, "", 0, "at most 1", seconds <= 1);
    row(what, {"peak resident memory", "MiB", peak_mebibytes()}, nullptr, "", 0, "at most 100", peak_mebibytes() <= 100);
    std::fprintf(stderr, "%s: %zu VMs; one day with Balanced takes %.2f CPU seconds, %.0f MiB\n", traces.name.c_str(),
                 traces.percent.size(), seconds, peak_mebibytes());
  }

  void reproduce(const UseTraces& traces) {
    for (const Published& published : kPublished) {
      if (traces.name != published.day) continue;
      const bool local = std::string(published.policy).starts_with("LR");
      const Run run = local ? reference(traces, {}, ReferencePolicy::Overload::LocalRegression, 1.2)
                            : reference(traces, {}, ReferencePolicy::Overload::Threshold, 0.8);
      const Meters& m = run.meters;
      const double values[] = {
          m.kwh(),           static_cast<double>(run.moves), m.slatah() * 100, m.overload() * 100, m.pdm() * 100, m.slav(),
          m.unserved() * 100};
      std::fprintf(stderr, "  %-12s as published:", published.policy);
      for (std::size_t i = 0; i < published.figures.size(); ++i) {
        const auto& [format, printed] = published.figures[i];
        const bool equal = number(format, values[i]) == printed;
        row(traces.name + ", reproduction of " + published.policy, {kColumns[i], kUnits[i], values[i]}, std::stod(printed),
            "CloudSim 4.0", 0, "equal in every printed digit", equal);
        std::fprintf(stderr, " %s %s%s", kColumns[i], number(format, values[i]).c_str(), equal ? "" : " (DIFFERS)");
      }
      std::fprintf(stderr, "\n");
    }
  }

  void compare(const UseTraces& traces, const Table& table) {
    const Run peer = reference(traces, table.rules, ReferencePolicy::Overload::LocalRegression, 1.2);
    const DroverRun run = drover(traces, table.rules, table.samples);
    World world(traces, table.rules);
    Clairvoyant knowing(world);
    const DroverRun clairvoyant = run_strategy(world, knowing, Samples::Current);

    const std::string what = traces.name + ", " + table.name;
    const auto ours = figures(run.meters, run.moves);
    const auto theirs = figures(peer.meters, peer.moves);
    std::fprintf(stderr, "  %-34s", table.name);
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const double ratio = theirs[i].value > 0 ? ours[i].value / theirs[i].value : 0;
      const bool met = table.goals[i] == 0 || ratio <= table.goals[i];
      row(what, ours[i], theirs[i].value, "LR-MMT 1.2", table.goals[i], "none", met);
      std::fprintf(stderr, "  %s %.4g (%.4f%s)", ours[i].metric, ours[i].value, ratio, met ? "" : "!");
    }
    const double floor = run.floor_joules / 3.6e6;
    row(what, {"moves of the first packing", "", static_cast<double>(run.boot_moves)}, nullptr, "", 0, "none", true);
    row(what, {"energy", "kWh", run.meters.kwh()}, floor, "fractional floor", 0, "none", true);
    row(what, {"energy", "kWh", run.meters.kwh()}, clairvoyant.meters.kwh(), "clairvoyant heuristic", 0, "none", true);
    row(what, {"migrations", "", static_cast<double>(run.moves)}, clairvoyant.moves, "clairvoyant heuristic", 0, "none", true);
    std::fprintf(stderr, "  floor %.2f kWh, clairvoyant %.2f kWh with %ld moves\n", floor, clairvoyant.meters.kwh(),
                 clairvoyant.moves);
  }

  std::string only_;  // of the tables those with this in their names
  std::vector<ordered_json> rows_;
};

}  // namespace

int run_bench(const std::vector<std::string>& paths, const std::string& results, const std::string& only) {
  Bench bench(only);
  std::fprintf(stderr, "ratios to LR-MMT 1.2 on the same rules and day stand in brackets; ! misses the goal\n");
  if (paths.empty()) {
    std::fprintf(stderr,
                 "made days; the real ones are published at github.com/beloglazov/planetlab-workload-traces (pass --traces DIR)\n");
    for (const std::uint64_t seed : {1, 2}) bench.day(make_use_traces(1000, seed));
  }
  for (const auto& path : paths) {
    const auto traces = read_use_traces(path);
    if (!traces) {
      std::fprintf(stderr, "%s\n", traces.error().message.c_str());
      return 2;
    }
    bench.day(*traces);
  }
  if (!bench.keep(results)) {
    std::fprintf(stderr, "%s: cannot be written; give --results a file in a folder that is there\n", results.c_str());
    return 1;
  }
  return 0;
}

}  // namespace drover::papers

int main(int argc, char** argv) {
  std::vector<std::string> days(argv + 1, argv + argc);
  std::string results;
  std::string only;
  while (days.size() >= 2 && (days[0] == "--results" || days[0] == "--only")) {
    (days[0] == "--only" ? only : results) = days[1];
    days.erase(days.begin(), days.begin() + 2);
  }
  if (results.empty()) {
    std::fprintf(stderr, "usage: bench_planetlab --results FILE [--only TEXT] [DAY...]\nTEXT: in the names of the tables\n");
    return 2;
  }
  return drover::papers::run_bench(days, results, only);
}
