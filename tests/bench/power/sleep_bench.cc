// Nodes that sleep and wake, in simulated data centres: how long ten empty nodes take from the decision until they are verified
// off; how soon a pod that waits wakes a node; and a year of a cluster, with its books and its arrivals. One JSON object a line.
//
// usage: bench_sleep [--days N (365)] [--only TEXT (off, wake, year; forecast, only when it is named)]
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>

#include "office.h"
#include "yaml/policy_file.h"

namespace drover::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

struct Peer {
  std::string name;
  double figure = 0;
};

// `goal` says in words what the figure, or its ratio to the peer's, must be.
void put(const std::string& name, const std::string& metric, const std::string& unit, double figure,
         const std::optional<Peer>& peer, const std::string& goal, bool met) {
  std::cout << R"({"bench":"power","case":")" << name << R"(","metric":")" << metric << R"(","unit":")" << unit << R"(","drover":)"
            << figure << R"(,"peer":)" << (peer ? std::to_string(peer->figure) : "null") << R"(,"peerName":)"
            << (peer ? "\"" + peer->name + "\"" : "null") << R"(,"ratio":)"
            << (peer && peer->figure > 0 ? std::to_string(figure / peer->figure) : "null") << R"(,"goal":")" << goal
            << R"(","met":)" << (met ? "true" : "false") << "}" << std::endl;
  std::cerr << (met ? "  " : "! ") << name << ": " << metric << " " << figure << " " << unit
            << (goal.empty() ? "" : "; goal: " + goal) << "\n";
}

// ---- from decided to verified off ----

// Of all nodes that are switched off: from the first decision until the last is Asleep.
class Sleepers final : public sim::Observer {
 public:
  explicit Sleepers(std::size_t wanted) : wanted_(wanted) {}
  void after_step(const sim::Simulation& sim, const sim::Replica& /*by*/, const StepResult& result) override {
    for (const Effect& effect : result.effects) {
      const auto* mark = std::get_if<MarkNode>(&effect.body);
      if (mark == nullptr || mark->marks.life != NodeLife::PoweringOff) continue;
      if (!first) first = sim.now();
      last = sim.now();
    }
  }
  void after_event(const sim::Simulation& sim) override {
    if (asleep) return;
    const auto& nodes = sim.api().view().nodes;
    const auto sleeping =
        std::count_if(nodes.begin(), nodes.end(), [](const auto& entry) { return entry.second->marks.life == NodeLife::Asleep; });
    if (static_cast<std::size_t>(sleeping) == wanted_) asleep = sim.now();
  }
  std::optional<Instant> first, last, asleep;

 private:
  std::size_t wanted_;
};

// Two nodes serve, the others are empty.
double seconds_until_off(std::size_t empty) {
  Office office{.nodes = empty + 2, .vms_a_node = 1, .night = 2.0 / static_cast<double>(empty + 2), .days = 1};
  sim::Scenario scenario = office_week(office);
  scenario.vms.resize(1);
  scenario.duration = hours{3};
  sim::Simulation simulation(scenario, {.policies = consolidation(", after: 1m", ", reserve: 0")});
  Sleepers sleepers(empty);
  simulation.observe(sleepers);
  simulation.begin();
  const auto begin = SteadyClock::now();
  simulation.run();
  if (!sleepers.first || !sleepers.asleep) {
    std::cerr << "of " << empty << " empty nodes not all were switched off\n" << sim::table_of(simulation.report());
    return NAN;
  }
  std::cerr << "  " << empty << " empty nodes: all decided within " << to_seconds(*sleepers.last - *sleepers.first)
            << " s of simulated time; the three simulated hours took " << seconds_since(begin) << " s\n";
  return to_seconds(*sleepers.asleep - *sleepers.first);
}

void bench_off() {
  const double one = seconds_until_off(1);
  const double ten = seconds_until_off(10);
  put("off", "10 empty nodes, decided to verified off", "simulated s", ten, Peer{"1 empty node", one},
      "at most 1.2 of what one takes", ten <= 1.2 * one);
}

// ---- from a pod that waits to the decision ----

class Wakers final : public sim::Observer {
 public:
  void after_step(const sim::Simulation& sim, const sim::Replica& /*by*/, const StepResult& result) override {
    for (const Effect& effect : result.effects) {
      const auto* mark = std::get_if<MarkNode>(&effect.body);
      const bool back = mark != nullptr && (mark->marks.life == NodeLife::Waking || mark->marks.life == NodeLife::Active) &&
                        mark->before != NodeLife::Waking;
      if (!back || waiting_.empty()) continue;
      took.push_back(to_seconds(sim.now() - waiting_.begin()->second));
      waiting_.erase(waiting_.begin());
    }
  }
  void watch(sim::Simulation& sim) {
    sim.api().watch([this, &sim](const reflect::Delta& delta) {
      if (delta.kind != Kind::Pod) return;
      if (delta.type != reflect::Delta::Type::Upsert) return (void)waiting_.erase(delta.object.key);
      const auto& pod = *std::get<std::shared_ptr<const Pod>>(delta.object.value);
      if (!pod.node.empty()) return (void)waiting_.erase(pod.key);
      if (pod.unschedulable) waiting_.emplace(pod.key, sim.now());
    });
  }
  std::vector<double> took;

 private:
  std::map<ObjectKey, Instant> waiting_;  // since when
};

void bench_wake() {
  Office office{.nodes = 12, .vms_a_node = 1, .night = 2.0 / 12, .days = 60};
  sim::Scenario scenario = office_week(office);
  scenario.vms.resize(2);
  sim::VmGroup& guests = scenario.vms[1];
  guests.arrives_at.clear();
  guests.ends_at.clear();
  SeededRandom random(1);
  for (Duration at = hours{3}; at < scenario.duration - hours{6}; at += hours{4}) {
    guests.arrives_at.push_back(at + from_seconds(random.uniform(0, 1800)));
    guests.ends_at.push_back(guests.arrives_at.back() + minutes{50});
  }
  sim::Simulation simulation(scenario, {.policies = consolidation(", after: 1m", ", reserve: 0")});
  Wakers wakers;
  simulation.observe(wakers);
  wakers.watch(simulation);
  simulation.begin();
  simulation.run();
  std::sort(wakers.took.begin(), wakers.took.end());
  const std::size_t count = wakers.took.size();
  if (count == 0) return (void)(std::cerr << "nobody waited\n");
  const double most = wakers.took.back();
  std::cerr << "  " << count << " pods waited; half of the nodes for them were decided on within " << wakers.took[count / 2]
            << " s\n";
  put("wake", "pod turns Pending to decision, longest of " + std::to_string(count), "simulated s", most, std::nullopt,
      "at most 1 s", most <= 1);
}

// ---- a year ----

struct Year {
  sim::Report report;
  Waits::Figures waits;
  double wall = 0;
  double off_by = 0;        // the integral, of what the books say of all nodes, as a share
  double assigned_off = 0;  // likewise what VMs and nobody caused
};

Year run_year(const Office& office, const std::vector<Policy>& policies, Duration warm_up) {
  const sim::Scenario scenario = office_week(office);
  // What is written of the policies' status every second is most of the work otherwise.
  const CoreOptions core{.status_interval = minutes{10}, .signals = offer_anything()};
  sim::Simulation simulation(scenario, {.seed = office.seed, .core = core, .policies = policies});
  Waits waits(scenario.start + warm_up);
  Meter meter;
  simulation.observe(waits);
  simulation.observe(meter);
  const auto begin = SteadyClock::now();
  simulation.begin();
  simulation.run();
  meter.after_event(simulation);
  Year year{.report = simulation.report(), .waits = waits.figures(), .wall = seconds_since(begin)};
  const Books& books = simulation.world().books();
  double vms = 0;
  for (std::size_t i = 0; i < books.vms(); ++i) vms += books.vm(i).joules;
  year.off_by = std::abs(meter.joules() / year.report.totals.joules - 1);
  year.assigned_off = std::abs((vms + meter.unassigned()) / year.report.totals.joules - 1);
  return year;
}

void bench_year(int days) {
  const Office office{.days = days};
  const Year year = run_year(office, consolidation(""), {});
  const Year all_on = run_year(office, {}, {});
  const std::string name = "year";
  put(name, std::to_string(days) + " days of 12 nodes", "wall s", year.wall, std::nullopt, "below 60 s for 365 days",
      year.wall * 365 / days < 60);
  put(name, "books of nodes beside an independent integral, relative", "1", year.off_by, std::nullopt, "at most 1e-9",
      year.off_by <= 1e-9);
  put(name, "VMs and what nobody caused beside the nodes, relative", "1", year.assigned_off, std::nullopt, "at most 1e-9",
      year.assigned_off <= 1e-9);
  put(name, "invariant violations, and VMs lost", "1",
      static_cast<double>(year.report.invariant_violations + year.report.counts.vms_lost), std::nullopt, "0",
      year.report.invariant_violations + year.report.counts.vms_lost == 0);
  put(name, "arrival until it runs, p99 but for first wakes", "simulated s", year.waits.p99_but_first,
      Peer{"all nodes on", all_on.waits.p99}, "at most 1.2 of the peer's", year.waits.p99_but_first <= 1.2 * all_on.waits.p99);
  put(name, "arrival until it runs, p99 of all", "simulated s", year.waits.p99, Peer{"all nodes on", all_on.waits.p99}, "", true);
  put(name, "arrival until it runs, mean", "simulated s", year.waits.mean, Peer{"all nodes on", all_on.waits.mean}, "", true);
  put(name, "arrivals that waited for a node, of " + std::to_string(year.waits.arrivals), "1",
      static_cast<double>(year.waits.waited), std::nullopt, "", true);
  put(name, "energy", "kWh", year.report.totals.kilowatt_hours(), Peer{"all nodes on", all_on.report.totals.kilowatt_hours()},
      "below the peer's", year.report.totals.joules < all_on.report.totals.joules);
}

// ---- the forecast ----

// With and without, over shapes of offices; what arrives in the first week, in which the week is learnt, is not counted.
void bench_forecast(int days) {
  double worst_wait = 0;
  double worst_energy = 0;
  for (const std::size_t nodes : {std::size_t{6}, std::size_t{12}, std::size_t{24}}) {
    for (const std::size_t vms : {std::size_t{3}, std::size_t{7}, std::size_t{15}}) {
      for (const double day : {0.35, 0.6, 0.85}) {
        const Office office{.nodes = nodes, .vms_a_node = vms, .day = day, .days = days};
        const Year with = run_year(office, consolidation(", forecast: Weekly"), hours{24 * 7});
        const Year without = run_year(office, consolidation(", forecast: None"), hours{24 * 7});
        const std::string name = "forecast, " + std::to_string(nodes) + " nodes of " + std::to_string(vms) + " VMs, " +
                                 std::to_string(static_cast<int>(100 * day)) + " % by day";
        const double energy = with.report.totals.joules / without.report.totals.joules;
        worst_wait = std::max(worst_wait, with.waits.mean - without.waits.mean);
        worst_energy = std::max(worst_energy, with.report.totals.joules / with.report.totals.all_on_joules);
        put(name, "arrival until it runs, mean", "simulated s", with.waits.mean, Peer{"without", without.waits.mean},
            "at most the peer's", with.waits.mean <= without.waits.mean);
        put(name, "arrival until it runs, p99", "simulated s", with.waits.p99, Peer{"without", without.waits.p99},
            "at most the peer's", with.waits.p99 <= without.waits.p99);
        put(name, "energy", "kWh", with.report.totals.kilowatt_hours(), Peer{"without", without.report.totals.kilowatt_hours()},
            "at most 1.02 of the peer's", energy <= 1.02);
      }
    }
  }
  put("forecast", "mean wait beyond that without it, worst shape", "simulated s", worst_wait, std::nullopt, "at most 0",
      worst_wait <= 0);
  put("forecast", "energy beside all nodes on, worst shape", "1", worst_energy, std::nullopt, "at most 1", worst_energy <= 1);
}

}  // namespace
}  // namespace drover::bench

int main(int argc, char** argv) {
  using namespace drover::bench;
  int days = 365;
  std::string only;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--days") days = std::atoi(argv[i + 1]);
    if (name == "--only") only = argv[i + 1];
  }
  const auto wanted = [&](const char* name) { return only.empty() || only == name; };
  if (wanted("off")) bench_off();
  if (wanted("wake")) bench_wake();
  if (wanted("year")) bench_year(days);
  if (only == "forecast") bench_forecast(std::min(days, 21));
  return 0;
}
