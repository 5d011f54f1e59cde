#include "report/report_text.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/shown.h"

namespace drover {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostHeld = 10;  // that are told

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width > text.size() ? width - text.size() : 1, ' ');
}
std::string right(const std::string& text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 1, ' ') + text;
}
std::string line(const std::string& name, const std::string& value) {
  return "  " + padded(name, 26) + shown(value) + "\n";
}

std::string money(const std::optional<double>& amount, const std::string& currency) {
  return amount ? fixed(*amount, 2) + " " + currency : "unknown";
}
std::string kilograms(const std::optional<double>& grams) {
  return grams ? fixed(*grams / 1000, 1) + " kg CO2e" : "unknown";
}

std::string subtotal(const char* title, const EnergySums& sums, const EnergyReport& report) {
  if (sums.seconds <= 0) return "";
  std::string text = std::string(title) + "\n";
  text += line("drawn", kwh(sums.joules) + ", of it standby " + kwh(sums.standby_joules) + ", boots " + kwh(sums.boot_joules) +
                            ", shutdowns " + kwh(sums.shutdown_joules));
  text += line("all nodes on", kwh(sums.all_on_joules));
  text += line("saved, net", kwh(sums.saved()) + " +/- " + kwh(sums.half_width_joules) + " (90 %)" +
                                 (sums.is_shown() ? "" : "; not shown: below twice its standard error"));
  text += line("saved, at least", kwh(sums.lower_bound_joules) + " (asleep, minus boots, shutdowns and moves)");
  text += line("asleep", fixed(sums.asleep_seconds / 3600, 1) + " node-hours of " + fixed(sums.seconds / 3600, 1));
  if (!report.price.empty())
    text += line("money", money(sums.cost, report.currency) + " drawn, " + money(sums.saved_cost, report.currency) + " saved");
  if (!report.carbon.empty()) text += line("carbon", kilograms(sums.grams) + " drawn, " + kilograms(sums.saved_grams) + " saved");
  return text;
}

Json json_of(const EnergySums& sums) {
  Json json = {{"nodeSeconds", sums.seconds},
               {"joules", sums.joules},
               {"standbyJoules", sums.standby_joules},
               {"bootJoules", sums.boot_joules},
               {"shutdownJoules", sums.shutdown_joules},
               {"copyJoules", sums.copy_joules},
               {"asleepSeconds", sums.asleep_seconds},
               {"allOnJoules", sums.all_on_joules},
               {"savedJoules", sums.saved()},
               {"savedHalfWidthJoules", sums.half_width_joules},
               {"savedAtLeastJoules", sums.lower_bound_joules},
               {"shown", sums.is_shown()}};
  const auto optional = [&](const char* name, const std::optional<double>& value) {
    if (value) json[name] = *value;
  };
  optional("cost", sums.cost);
  optional("savedCost", sums.saved_cost);
  optional("gramsCO2e", sums.grams);
  optional("savedGramsCO2e", sums.saved_grams);
  return json;
}

Json nullable(const std::optional<double>& figure) {
  return figure ? Json(*figure) : Json(nullptr);
}

std::string quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string groups_table(const EnergyReport& report) {
  const bool savings = report.by != GroupBy::Namespace;
  std::string text = "\nBy " + std::string(name_of(report.by)) + " (kWh)\n  " + padded(std::string(name_of(report.by)), 24) +
                     right("metered", 12) + right("modelled", 12);
  text += savings ? right("saved metered", 16) + right("saved modelled", 16) + "\n" : right("CPU core-hours", 16) + "\n";
  for (const EnergyGroup& group : report.groups) {
    text += "  " + padded(shown(group.name), 24) + right(fixed(group.metered.joules / kJoulesPerKwh, 1), 12) +
            right(fixed(group.modelled.joules / kJoulesPerKwh, 1), 12);
    text += savings ? right(fixed(group.metered.saved() / kJoulesPerKwh, 1), 16) +
                          right(fixed(group.modelled.saved() / kJoulesPerKwh, 1), 16) + "\n"
                    : right(fixed(group.served / 3600, 1), 16) + "\n";
  }
  return text;
}

}  // namespace

std::string fixed(double number, int digits) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return {text.data(), static_cast<std::size_t>(std::max(0, std::min<int>(length, static_cast<int>(text.size()) - 1)))};
}

std::string kwh(double joules) {
  const double value = joules / kJoulesPerKwh;
  return fixed(value, std::abs(value) < 10 ? 2 : std::abs(value) < 1000 ? 1 : 0) + " kWh";
}

std::string known(const std::optional<double>& figure, double scale, int digits, std::string_view unit) {
  return figure ? fixed(scale * *figure, digits) + std::string(unit) : "unknown";
}

std::string downtime_of(const EnergyReport& report) {
  std::string text =
      fixed(report.downtime_measured_seconds, 1) + " s measured, " + fixed(report.downtime_estimated_seconds, 1) + " s estimated";
  if (report.moves_of_unknown_downtime > 0) text += ", unknown of " + std::to_string(report.moves_of_unknown_downtime) + " moves";
  return text;
}

std::string_view name_of(GroupBy by) {
  switch (by) {
    case GroupBy::Node: return "node";
    case GroupBy::Namespace: return "namespace";
    case GroupBy::Policy: return "policy";
  }
  return "";
}

std::vector<std::string> cautions_of(const EnergyReport& report) {
  std::vector<std::string> cautions;
  if (report.nodes == 0) cautions.emplace_back("the ledger has nothing of this time");
  if (report.is_indicative()) {
    cautions.push_back(fixed(100 * report.unmetered_share(), 0) +
                       " % of the nodes' time is unmetered: the figures are indicative, not a measurement");
  }
  if (report.absent_seconds > 0)
    cautions.push_back("nothing is known of " + fixed(report.absent_seconds / 3600, 1) + " node-hours");
  if (report.moves > 0 && report.metered.copy_joules + report.modelled.copy_joules <= 0)
    cautions.emplace_back(
        "what the copies of moves drew is not known by itself: it is in what was drawn, but not taken off \"at least\"");
  if (report.unpriced_joules > 0) cautions.push_back(kwh(report.unpriced_joules) + " were drawn in hours without a price");
  cautions.emplace_back(
      "the boundary is each node's own input: cooling, network and the fans of shared enclosures are outside; sleeping changes "
      "nothing of what making the machines emitted");
  return cautions;
}

std::string table_of(const EnergyReport& report) {
  std::string text = "From " + to_rfc3339(report.from) + " to " + to_rfc3339(report.until) + ", " + std::to_string(report.nodes) +
                     (report.nodes == 1 ? " node\n" : " nodes\n");
  for (const std::string& caution : cautions_of(report)) text += "Note: " + caution + "\n";
  text += "\n" + subtotal("Metered (both what was drawn and what all on would have)", report.metered, report);
  text += subtotal("Modelled (at least one of the two)", report.modelled, report);
  if (report.floor_joules) text += line("least possible (floor)", kwh(*report.floor_joules) + ", whoever plans; modelled");
  if (!report.price.empty()) text += line("price", report.price);
  if (!report.carbon.empty()) text += line("carbon intensity", report.carbon + ", by location");
  text += "\nService\n";
  text += line("moves", std::to_string(report.moves) + ", failed " + std::to_string(report.failed_moves) + ", copying " +
                            fixed(report.move_seconds / 3600, 1) + " h");
  text += line("downtime", downtime_of(report));
  text += line("SLATAH, PDM, SLAV", known(report.slatah, 100, 2, " %") + ", " + known(report.pdm, 100, 4, " %") + ", " +
                                        known(report.slav(), 1e6, 2, " per million"));
  text += line(
      "ESV", known(report.esv_of(report.metered), 1, 4) + " metered, " + known(report.esv_of(report.modelled), 1, 4) + " modelled");
  text += line("CPU not served", known(report.unserved, 100, 3, " %"));
  text += line("sleeps, wakes", std::to_string(report.sleeps) + " (failed " + std::to_string(report.failed_sleeps) + "), " +
                                    std::to_string(report.wakes) + " (failed " + std::to_string(report.failed_wakes) + ")");
  if (report.wake_p50_seconds)
    text += line("time to wake", fixed(*report.wake_p50_seconds, 0) + " s p50, " + fixed(*report.wake_p95_seconds, 0) + " s p95");
  if (!report.held.empty()) text += "\nWhat held savings back (modelled)\n";
  for (std::size_t i = 0; i < report.held.size() && i < kMostHeld; ++i) {
    const HeldSums& held = report.held[i];
    text += line(kwh(held.joules), fixed(held.seconds / 3600, 1) + " node-hours: " + held.held_by);
  }
  if (!report.marks.empty()) text += "\nMarks\n";
  for (const MarkRow& mark : report.marks)
    text += line(to_rfc3339(mark.at),
                 std::string(to_string(mark.kind)) + " " + mark.subject + (mark.note.empty() ? "" : ": " + mark.note));
  return text + groups_table(report);
}

std::string csv_of(const EnergyReport& report) {
  std::string text =
      std::string(name_of(report.by)) +
      ",metered_kwh,metered_all_on_kwh,metered_saved_kwh,metered_saved_half_width_kwh,modelled_kwh,modelled_all_on_kwh,"
      "modelled_saved_kwh,modelled_saved_half_width_kwh,asleep_hours,metered_cost,modelled_cost,metered_g_co2e,"
      "modelled_g_co2e,cpu_core_hours\n";
  for (const EnergyGroup& group : report.groups) {
    text += quoted(group.name);
    for (const EnergySums* sums : {&group.metered, &group.modelled}) {
      for (const double joules : {sums->joules, sums->all_on_joules, sums->saved(), sums->half_width_joules})
        text += "," + fixed(joules / kJoulesPerKwh, 6);
    }
    text += "," + fixed((group.metered.asleep_seconds + group.modelled.asleep_seconds) / 3600, 3);
    for (const auto& amount : {group.metered.cost, group.modelled.cost, group.metered.grams, group.modelled.grams})
      text += "," + (amount ? fixed(*amount, 4) : "");
    text += "," + fixed(group.served / 3600, 3) + "\n";
  }
  return text;
}

std::string json_of(const EnergyReport& report) {
  Json groups = Json::array();
  for (const EnergyGroup& group : report.groups) {
    groups.push_back({{"name", group.name},
                      {"metered", json_of(group.metered)},
                      {"modelled", json_of(group.modelled)},
                      {"cpuCoreSeconds", group.served}});
  }
  Json held = Json::array();
  for (const HeldSums& sums : report.held)
    held.push_back({{"heldBy", sums.held_by}, {"nodeSeconds", sums.seconds}, {"joules", sums.joules}});
  Json json = {{"from", to_rfc3339(report.from)},
               {"until", to_rfc3339(report.until)},
               {"nodes", report.nodes},
               {"metered", json_of(report.metered)},
               {"modelled", json_of(report.modelled)},
               {"absentSeconds", report.absent_seconds},
               {"unmeteredShare", report.unmetered_share()},
               {"indicative", report.is_indicative()},
               {"sources", report.sources},
               {"moves", report.moves},
               {"failedMoves", report.failed_moves},
               {"downtimeMeasuredSeconds", report.downtime_measured_seconds},
               {"downtimeEstimatedSeconds", report.downtime_estimated_seconds},
               {"movesOfUnknownDowntime", report.moves_of_unknown_downtime},
               {"sleeps", report.sleeps},
               {"failedSleeps", report.failed_sleeps},
               {"wakes", report.wakes},
               {"failedWakes", report.failed_wakes},
               {"slatah", nullable(report.slatah)},
               {"pdm", nullable(report.pdm)},
               {"slav", nullable(report.slav())},
               {"esvMetered", nullable(report.esv_of(report.metered))},
               {"esvModelled", nullable(report.esv_of(report.modelled))},
               {"unserved", nullable(report.unserved)},
               {"held", std::move(held)},
               {"by", name_of(report.by)},
               {"groups", std::move(groups)}};
  if (report.wake_p50_seconds) json["wakeP50Seconds"] = *report.wake_p50_seconds;
  if (report.wake_p95_seconds) json["wakeP95Seconds"] = *report.wake_p95_seconds;
  if (report.floor_joules) json["floorJoules"] = *report.floor_joules;
  if (!report.price.empty()) json["price"] = {{"stated", report.price}, {"currency", report.currency}};
  if (!report.carbon.empty()) json["carbon"] = {{"stated", report.carbon}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace drover
