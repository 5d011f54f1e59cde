// EnergyReport: what a ledger says of a time: energy, money, carbon, service levels, and what held savings back.
//
// Saved is what all nodes on would have drawn with the same load minus what was drawn, so net of standby, boots, shutdowns and
// moves. What both sides of that are metered for (measured or derived) is one subtotal, all else another; they are never added. The
// lower bound needs no model of demand: (idle - standby) while asleep, minus boots, shutdowns and the copies of moves.
//
// Uncertainty, at 90 %: metered at the input 5 %, derived from a meter 10 %, modelled 20 %, taken as half-widths. Where both sides
// are metered it is that share of the saving, else both sides' shares in quadrature. Of one kind of source the nodes' errors are
// taken to have a common part, which adds up, and one of each node's own, which adds in quadrature; kinds of source add in
// quadrature. A saving below twice its standard error (its half-width / 1.645) is not shown to be one. Beyond a tenth of unmetered
// time the totals are indicative.
//
// SLATAH, PDM, SLAV and ESV as books/books.h defines them; what no row tells of is unknown. Pure functions; joules, seconds.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/ledger_rows.h"
#include "report/factor.h"

namespace drover {

inline constexpr double kJoulesPerKwh = 3.6e6;
inline constexpr double kMeasuredUncertainty = 0.05;
inline constexpr double kDerivedUncertainty = 0.10;
inline constexpr double kModelledUncertainty = 0.20;

// One subtotal: of metered rows, or of all others.
struct EnergySums {
  double seconds = 0;
  double joules = 0;  // those of standby, boot and shutdown among them
  double standby_joules = 0;
  double boot_joules = 0;
  double shutdown_joules = 0;
  double copy_joules = 0;
  double asleep_seconds = 0;
  double all_on_joules = 0;
  double lower_bound_joules = 0;
  double half_width_joules = 0;  // of saved(), at 90 %
  std::optional<double> cost;    // of joules, as far as hours have a price
  std::optional<double> saved_cost;
  std::optional<double> grams;  // CO2e, likewise
  std::optional<double> saved_grams;
  [[nodiscard]] double saved() const { return all_on_joules - joules; }
  [[nodiscard]] bool is_shown() const { return saved() > 2 * half_width_joules / 1.645; }
};

enum class GroupBy { Node, Namespace, Policy };

struct EnergyGroup {
  std::string name;
  EnergySums metered;
  EnergySums modelled;
  double served = 0;  // CPU core seconds; of namespaces
};

struct ReportDay {
  std::int64_t day = 0;
  double metered_joules = 0, metered_all_on_joules = 0;
  double modelled_joules = 0, modelled_all_on_joules = 0;
};

struct HeldSums {
  std::string held_by;
  double seconds = 0;
  double joules = 0;  // modelled
};

struct EnergyReport {
  Instant from{};
  Instant until{};
  GroupBy by = GroupBy::Node;
  std::string currency = "EUR";
  std::string price;   // how it is stated: "0.28 EUR/kWh", "prices.json", or ""
  std::string carbon;  // "380 gCO2e/kWh", or ""
  std::size_t nodes = 0;
  EnergySums metered;
  EnergySums modelled;
  double absent_seconds = 0;
  double unpriced_joules = 0;  // drawn in hours without a price
  std::vector<std::string> sources;
  std::vector<EnergyGroup> groups;  // by name
  std::vector<ReportDay> days;
  std::size_t moves = 0, failed_moves = 0;
  std::size_t moves_of_unknown_downtime = 0;  // of those that succeeded
  double move_seconds = 0;
  double downtime_estimated_seconds = 0, downtime_measured_seconds = 0;
  std::size_t sleeps = 0, wakes = 0, failed_wakes = 0, failed_sleeps = 0;
  std::optional<double> wake_p50_seconds, wake_p95_seconds;
  std::optional<double> slatah, pdm;
  std::optional<double> unserved;
  std::vector<HeldSums> held;  // most joules first
  std::optional<double> floor_joules;
  std::vector<MarkRow> marks;

  [[nodiscard]] std::optional<double> slav() const;
  [[nodiscard]] std::optional<double> esv_of(const EnergySums& sums) const;  // unknown of a subtotal that has no time
  [[nodiscard]] double unmetered_share() const;                              // of the time of all nodes
  [[nodiscard]] bool is_indicative() const { return unmetered_share() > 0.1; }
};

struct ReportQuestion {
  Instant from{};
  Instant until{};
  GroupBy by = GroupBy::Node;
  std::optional<Factor> price;   // of `currency` per kWh
  std::optional<Factor> carbon;  // grams of CO2e per kWh
  std::string currency = "EUR";
  std::string price_text;
  std::string carbon_text;
};
[[nodiscard]] EnergyReport make_energy_report(const LedgerExtract& extract, const ReportQuestion& question);

}  // namespace drover
