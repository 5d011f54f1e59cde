// An EnergyReport as people and programs read it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "report/energy_report.h"

namespace drover {

[[nodiscard]] std::string table_of(const EnergyReport& report);
// One line of names, one for each group; kWh with metered and modelled in columns of their own.
[[nodiscard]] std::string csv_of(const EnergyReport& report);
// One object, with a newline.
[[nodiscard]] std::string json_of(const EnergyReport& report);
// One page that needs nothing from elsewhere: no script, no font, no picture but its own drawings; light or dark as the reader has
// it.
[[nodiscard]] std::string html_of(const EnergyReport& report);

// "12.3", of so many digits behind the point.
[[nodiscard]] std::string fixed(double number, int digits);
[[nodiscard]] std::string kwh(double joules);  // "12.3 kWh"
// "4.20 %" of 0.042 and the scale 100, or "unknown".
[[nodiscard]] std::string known(const std::optional<double>& figure, double scale, int digits, std::string_view unit = "");
[[nodiscard]] std::string downtime_of(const EnergyReport& report);
// What the reader must know before any figure: what is indicative, what is not shown, what has no price.
[[nodiscard]] std::vector<std::string> cautions_of(const EnergyReport& report);
[[nodiscard]] std::string_view name_of(GroupBy by);  // "node"

}  // namespace drover
