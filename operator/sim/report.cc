#include "sim/report.h"

#include <algorithm>
#include <array>
#include <map>
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

constexpr std::size_t kMostHeldUp = 5;  // orders of a policy that are told

// Of one policy's decisions that came to no move, a line for each reason.
void add_decisions(const std::string& name, const Policy& policy, const std::vector<Decision>& decisions,
                   std::vector<std::string>& notes) {
  std::map<Reason, std::vector<const Decision*>> why;
  for (const Decision& decision : decisions) {
    if (decision.policy == policy.ref && !decision.move) why[decision.reason].push_back(&decision);
  }
  for (const auto& [reason, held] : why) {
    notes.push_back(name + std::to_string(held.size()) + (held.size() == 1 ? " VM: " : " VMs: ") + std::string(to_string(reason)) +
                    (held.size() == 1 ? "; " : "; such as ") + to_string(held.front()->vm) + ": " + held.front()->message);
  }
}

}  // namespace

std::vector<std::string> notes_of(const Core& core, const ClusterView& view) {
  std::vector<std::string> notes;
  const std::vector<Decision> decisions = core.decisions();
  for (const PolicyReport& report : core.reports(view)) {
    const std::string name = "policy " + to_string(report.policy.key) + ": ";
    const Policy* policy = view.policy(report.policy);
    if (policy != nullptr && report.ready.ready && policy->spec.mode == PolicyMode::Recommend) {
      const auto wanted = std::count_if(decisions.begin(), decisions.end(),
                                        [&](const Decision& decision) { return decision.policy == policy->ref && decision.move; });
      notes.push_back(name + "its mode is Recommend, so it moved nothing; it would have " + std::to_string(wanted) +
                      (wanted == 1 ? " VM" : " VMs") + " moved at the end. With --enforce it acts");
    }
    if (!report.ready.ready || report.ready.reason != ConditionReason::Watching)
      notes.push_back(name + std::string(to_string(report.ready.reason)) + ": " + report.ready.message);
    if (report.rule.round) {
      for (const std::string& note : report.rule.round->notes) notes.push_back(name + note);
      std::size_t told = 0;
      for (const OrderReport& order : report.rule.round->orders) {
        if (!order.held_up.empty() && ++told <= kMostHeldUp) notes.push_back(name + "node " + order.node + ": " + order.held_up);
      }
    }
    if (policy != nullptr) add_decisions(name, *policy, decisions, notes);
  }
  return notes;
}

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
  report.floor_joules = world.floor_joules();
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
      {"floorKWh", report.floor_joules / kJoulesPerKilowattHour},
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
      {"notes", report.notes},
  };
  return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
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
  const double floor = report.floor_joules / kJoulesPerKilowattHour;
  text +=
      row("  to serve all takes", format("%.3f kWh at least (%.1f %% saved)", floor, all_on > 0 ? 100 * (1 - floor / all_on) : 0));
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
  if (report.policy == "none") return text;
  text += report.counts.migrations > 0 ? "what was said at the end\n" : "nothing was moved; at the end\n";
  for (const std::string& note : report.notes) text += "  " + shown(note) + "\n";
  if (report.counts.migrations > 0) return text;
  if (report.notes.empty()) text += "  no policy wanted a VM elsewhere\n";
  return text;
}

}  // namespace drover::sim
