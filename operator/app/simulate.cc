// `drover simulate`.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <utility>

#include "adapters/time_zone/tz_database.h"
#include "app/commands.h"
#include "app/limit_costs.h"
#include "app/open_ledger.h"
#include "app/output.h"
#include "codec/snapshot_file.h"
#include "core/selection.h"
#include "sim/ledger_scribe.h"
#include "sim/scenario_file.h"
#include "sim/simulation.h"
#include "sim/snapshot_scenario.h"
#include "yaml/policy_file.h"
#include "yaml/yaml_map.h"

namespace drover {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Duration kBetweenProgress = milliseconds{500};
constexpr Duration kQuietFor = seconds{2};  // a short run needs no progress
constexpr std::uint64_t kEventsBetweenLooks = 1024;
constexpr std::size_t kMaxSnapshotBytes = std::size_t{1} << 30;

Status load_policies(const SimulateFlags& flags, sim::Scenario& scenario, sim::SimulationOptions& options) {
  const auto& files = flags.policies.empty() ? scenario.policy_files : flags.policies;
  for (const std::string& file : files) {
    auto read = read_policies(file, scenario.start);
    if (!read && flags.policies.empty()) return Error{ErrorClass::Invalid, flags.scenario + ": policies: " + read.error().message};
    if (!read) return read.error();
    for (Policy& policy : read->policies) {
      for (const Policy& other : options.policies) {
        if (other.ref.key == policy.ref.key) {
          return Error{ErrorClass::Invalid,
                       file + ": policy " + to_string(policy.ref.key) + " is in another of the files too; remove one"};
        }
      }
      if (flags.enforce || scenario.enforce) policy.spec.mode = PolicyMode::Enforce;
      options.policies.push_back(std::move(policy));
    }
    for (PowerProfile& profile : read->profiles) options.profiles.push_back(std::move(profile));
    for (Namespace& ns : read->namespaces) {
      const bool known = std::any_of(scenario.namespaces.begin(), scenario.namespaces.end(),
                                     [&](const Namespace& other) { return other.name == ns.name; });
      if (!known) scenario.namespaces.push_back(std::move(ns));
    }
  }
  return ok();
}

// One line on standard error that is written over, if a person watches.
class Progress {
 public:
  explicit Progress(const sim::Simulation& simulation) : simulation_(simulation), shown_(isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (drawn_) std::cerr << "\r\033[K";
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void look() {
    const auto now = SteadyClock::now();
    if (!shown_ || now - began_ < kQuietFor || now - last_ < kBetweenProgress) return;
    last_ = now;
    drawn_ = true;
    const auto whole = to_seconds(simulation_.scenario().duration);
    const auto done = to_seconds(simulation_.now() - simulation_.scenario().start);
    std::cerr << "\r\033[K" << static_cast<int>(100 * done / whole) << " %  " << to_rfc3339(simulation_.now()) << "  "
              << simulation_.world().counts().migrations << " migrations" << std::flush;
  }

 private:
  const sim::Simulation& simulation_;
  const bool shown_;
  bool drawn_ = false;
  const SteadyClock::time_point began_ = SteadyClock::now();
  SteadyClock::time_point last_ = began_;
};

}  // namespace

// The scenario, and of a captured cluster its policies, if no others are asked for.
Result<sim::Scenario> load_world(const SimulateFlags& flags, sim::SimulationOptions& options) {
  if (flags.snapshot.empty()) return sim::read_scenario(flags.scenario);
  const auto text = read_text_file(flags.snapshot, kMaxSnapshotBytes);
  if (!text) return text.error();
  auto file = decode_snapshot(*text);
  if (!file) return Error{file.error().cls, flags.snapshot + ": " + file.error().message};
  sim::CapturedCluster cluster = sim::scenario_of(*file);
  for (const std::string& note : cluster.notes) say(note);
  if (const std::string problem = sim::problem_of(cluster.scenario); !problem.empty()) {
    return Error{ErrorClass::Invalid, flags.snapshot + ": " + problem};
  }
  if (flags.policies.empty()) options.policies = std::move(cluster.policies);
  if (flags.enforce) {
    for (Policy& policy : options.policies) policy.spec.mode = PolicyMode::Enforce;
  }
  return std::move(cluster.scenario);
}

// Refuses a policy that the operator would not act on for a fault of the policy's, with the words of `drover plan`, and says of any
// other why it will do nothing. A cluster that was captured without the figures of a signal is no fault of the policy's.
Status check_policies(sim::Simulation& simulation, bool captured) {
  for (const Policy& policy : simulation.options().policies) {
    const Readiness ready = simulation.readiness_of(policy);
    const std::string name = "policy " + to_string(policy.ref.key) + ": ";
    const std::string said = name + std::string(to_string(ready.reason)) + ": " + ready.message;
    for (const std::string& field : ready.idle_fields) say(name + "without effect: " + field);
    if (ready.reason == ConditionReason::Invalid || (ready.reason == ConditionReason::SignalInvalid && !captured)) {
      return Error{ErrorClass::Invalid, said};
    }
    if (!ready.ready || ready.reason == ConditionReason::Suspended) {
      say(said);
    } else if (selected_vms(simulation.api().view(), policy).empty()) {
      say(name + "it selects no VM that runs at the start; see its selector and the labels of VMs and namespaces");
    }
  }
  return ok();
}

// Runs the simulation to its end interval by interval, each written as it is over.
Status run_into_ledger(sim::Simulation& simulation, sim::LedgerScribe& scribe, LedgerStore& store, Progress& progress) {
  LedgerBatch batch{.writer = "simulate", .number = 1, .rows = {}};
  constexpr std::size_t kBatchRows = 5000;
  for (Instant at = simulation.scenario().start; at < simulation.end(); progress.look()) {
    at = std::min(at + sim::LedgerScribe::kInterval, simulation.end());
    simulation.run_until(at);
    batch.rows.take(scribe.rows_until(at));
    if (batch.rows.size() < kBatchRows && at < simulation.end()) continue;
    if (auto written = store.append(batch); !written) return written;
    ++batch.number;
    batch.rows = {};
  }
  return ok();
}

// One that has nothing in it yet: what is simulated is not put beside what was, nor beside another run.
Result<std::unique_ptr<LedgerStore>> new_ledger(const std::string& location) {
  auto store = open_ledger(location, LedgerAccess::Write);
  if (!store) return store.error();
  const auto booked = (*store)->booked_until();
  if (!booked) return booked.error();
  if (booked->has_value())
    return Error{ErrorClass::AlreadyExists, "--ledger: " + location + " holds a ledger already; name a new file"};
  return store;
}

Status run_to_end(sim::Simulation& simulation, sim::LedgerScribe& scribe, const std::string& ledger) {
  Progress progress(simulation);
  if (!ledger.empty()) {
    const auto store = new_ledger(ledger);
    return store ? run_into_ledger(simulation, scribe, **store, progress) : Status(store.error());
  }
  while (simulation.run_next()) {
    if (simulation.events() % kEventsBetweenLooks == 0) progress.look();
  }
  return ok();
}

int run_simulate(const SimulateFlags& flags) {
  sim::SimulationOptions options;
  auto scenario = load_world(flags, options);
  if (!scenario) return wrong(scenario.error());
  if (flags.days > 0) scenario->duration = from_seconds(flags.days * 86400);
  options.seed = flags.seed;
  if (const auto loaded = load_policies(flags, *scenario, options); !loaded) return wrong(loaded.error());
  options.time_zone = [start = scenario->start](const std::string& name) { return load_time_zone(name, start); };
  const auto began = SteadyClock::now();
  std::optional<std::pair<sim::Scenario, sim::SimulationOptions>> again;  // for the runs without a limit
  if (flags.limits) again.emplace(*scenario, options);
  sim::Simulation simulation(std::move(*scenario), std::move(options));
  sim::LedgerScribe scribe(simulation);
  simulation.begin();
  if (const auto checked = check_policies(simulation, !flags.snapshot.empty()); !checked) return wrong(checked.error());
  if (const auto ended = run_to_end(simulation, scribe, flags.ledger); !ended) {
    say(ended.error());
    return kExitFailed;
  }
  sim::Report report = simulation.report();
  report.wall_seconds = std::chrono::duration<double>(SteadyClock::now() - began).count();
  const bool json = flags.format == SimulateFlags::Format::Json;
  if (!json) std::cout << sim::table_of(report) << std::flush;
  if (!again) {
    if (json) std::cout << sim::json_of(report);
    return kExitDone;
  }
  const auto& [world, usual] = *again;
  const auto without = [&world = world, &usual = usual](const std::vector<Policy>& policies) {
    sim::SimulationOptions other = usual;
    other.policies = policies;
    sim::Simulation run(world, std::move(other));
    run.begin();
    run.run();
    return run.report();
  };
  const auto costs = cost_of_limits(usual.policies, report, without);
  std::string text = json ? sim::json_of(report) : text_of(costs);
  if (json) text.replace(text.rfind('}'), 1, ",\"limits\":" + json_of(costs) + "}");
  std::cout << text;
  return kExitDone;
}

}  // namespace drover
