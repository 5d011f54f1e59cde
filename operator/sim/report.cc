#include "sim/report.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/shown.h"
#include "sim/simulation.h"

namespace drover::sim {
namespace {

template <typename... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 160> text{};
  const int length = std::snprintf(text.data(), text.size(), pattern, values...);
  return {text.data(), static_cast<std::size_t>(std::max(0, std::min<int>(length, static_cast<int>(text.size()) - 1)))};
}

std::string policy_names(const std::vector<Policy>& policies) {
  std::string names;
  for (const Policy& policy : policies) names += (names.empty() ? "" : ", ") + to_string(policy.ref.key);
  return names.empty() ? "none" : names;
}

std::string row(const std::string& name, const std::string& value) {
  constexpr std::size_t kWidth = 26;
  return "  " + name + std::string(kWidth > name.size() ? kWidth - name.size() : 1, ' ') + shown(value) + "\n";
}

}  // namespace

Report make_report(const Simulation& simulation, std::uint64_t hash, std::size_t violations, std::size_t decisions) {
  const DataCenter& world = simulation.world();
  const Books& books = world.books();
  Report report;
  report.scenario = simulation.scenario().name;
  report.seed = simulation.options().seed;
  report.policy = policy_names(simulation.options().policies);
  report.simulated = simulation.now() - simulation.scenario().start;
  report.nodes = world.nodes().size();
  report.vms = world.vms().size();
  report.totals = books.totals();
  report.counts = world.counts();
  for (std::size_t vm = 0; vm < books.vms(); ++vm) {
    report.migration_seconds += books.vm(vm).migration_seconds;
    report.downtime_seconds += books.vm(vm).downtime_seconds;
  }
  report.decisions = decisions;
  report.invariant_violations = violations;
  report.events = simulation.events();
  report.decisions_hash = format("%016llx", static_cast<unsigned long long>(hash));
  return report;
}

std::string json_of(const Report& report) {
  const Totals& t = report.totals;
  const nlohmann::ordered_json json = {
      {"scenario", report.scenario},
      {"seed", report.seed},
      {"policy", report.policy},
      {"simulatedSeconds", to_seconds(report.simulated)},
      {"nodes", report.nodes},
      {"vms", report.vms},
      {"energyKWh", t.kilowatt_hours()},
      {"energySource", "modelled"},
      {"allOnKWh", t.all_on_joules / kJoulesPerKilowattHour},
      {"savedKWh", t.saved_joules / kJoulesPerKilowattHour},
      {"standbyKWh", t.standby_joules / kJoulesPerKilowattHour},
      {"bootKWh", t.boot_joules / kJoulesPerKilowattHour},
      {"shutdownKWh", t.shutdown_joules / kJoulesPerKilowattHour},
      {"slatah", t.slatah},
      {"pdm", t.pdm},
      {"slav", t.slav},
      {"esv", t.esv},
      {"unservedCpu", t.unserved},
      {"migrations", report.counts.migrations},
      {"failedMigrations", report.counts.failed_migrations},
      {"migrationSecondsEstimated", report.migration_seconds},
      {"downtimeSecondsEstimated", report.downtime_seconds},
      {"activeNodesMean", t.active_nodes_mean},
      {"nodeStarts", t.node_starts},
      {"nodeStops", t.node_stops},
      {"vmsArrived", report.counts.vms_arrived},
      {"vmsEnded", report.counts.vms_ended},
      {"vmsLost", report.counts.vms_lost},
      {"invariantViolations", report.invariant_violations},
      {"decisions", report.decisions},
      {"events", report.events},
      {"wallSeconds", report.wall_seconds},
      {"decisionsHash", report.decisions_hash},
      {"firstDecisionsHash", report.first_decisions_hash},
  };
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string table_of(const Report& report) {
  const Totals& t = report.totals;
  const double all_on = t.all_on_joules / kJoulesPerKilowattHour;
  const double saved = t.saved_joules / kJoulesPerKilowattHour;
  std::string text = shown(report.scenario) + ", seed " + std::to_string(report.seed) + ", " + to_string(report.simulated) +
                     " simulated in " + format("%.2f s", report.wall_seconds) + "\n";
  text += row("policies", report.policy);
  text += row("nodes", format("%zu, %.1f on at a time", report.nodes, t.active_nodes_mean));
  text += row("node starts, stops", format("%zu, %zu", t.node_starts, t.node_stops));
  text += row("virtual machines", format("%zu, %zu ended, %zu lost", report.vms, report.counts.vms_ended, report.counts.vms_lost));
  text += row("energy (modelled)", format("%.3f kWh, all on %.3f kWh", t.kilowatt_hours(), all_on));
  text += row("saved, net of costs", format("%.3f kWh (%.1f %%)", saved, all_on > 0 ? 100 * saved / all_on : 0));
  text += row("  boots, shutdowns, standby",
              format("%.3f, %.3f, %.3f kWh", t.boot_joules / kJoulesPerKilowattHour, t.shutdown_joules / kJoulesPerKilowattHour,
                     t.standby_joules / kJoulesPerKilowattHour));
  text += row("migrations", format("%zu, %zu failed", report.counts.migrations, report.counts.failed_migrations));
  text += row("  copying (estimated)", format("%.0f s, downtime %.1f s", report.migration_seconds, report.downtime_seconds));
  text += row("SLATAH, PDM", format("%.4f %%, %.4f %%", 100 * t.slatah, 100 * t.pdm));
  text += row("SLAV, ESV", format("%.3e, %.3e", t.slav, t.esv));
  text += row("CPU not served", format("%.4f %%", 100 * t.unserved));
  text += row("decisions", format("%zu, hash %s", report.decisions, report.decisions_hash.c_str()));
  text += row("invariant violations", std::to_string(report.invariant_violations));
  return text;
}

}  // namespace drover::sim
