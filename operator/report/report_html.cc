// The report as one page: hand-made SVG, colours by CSS variables, no script.
#include <algorithm>
#include <cmath>

#include "base/shown.h"
#include "report/report_text.h"

namespace drover {
namespace {

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Energy report</title><style>
:root{color-scheme:light dark;--ink:#1a2024;--soft:#5c6870;--line:#d8dee2;--page:#fff;--card:#f5f7f8;--on:#b8c4cc;--drawn:#1f6f8b;--saved:#2e7d4f}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebee;--soft:#9aa7af;--line:#333d44;--page:#12171a;--card:#1a2125;--on:#4a5861;--drawn:#5fb3d0;--saved:#6cc492}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p.soft,li.soft,caption{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.8rem}.card{background:var(--card);border-radius:.5rem;padding:.8rem 1rem}
.card b{display:block;font-size:1.35rem}table{border-collapse:collapse;width:100%}th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:right}
th:first-child,td:first-child{text-align:left}.scroll{overflow-x:auto}svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font:11px system-ui,sans-serif}
.a{fill:var(--on)}.d{fill:var(--drawn)}.s{fill:var(--saved)}.g{stroke:var(--line)}.k{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em}
</style></head><body>
)";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : shown(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string date_of(std::int64_t day) {
  return to_rfc3339(Instant{hours{24 * day}}).substr(0, 10);
}

std::string card(const std::string& name, const std::string& value, const std::string& note) {
  return "<div class=card>" + escaped(name) + "<b>" + escaped(value) + "</b><span class=soft>" + escaped(note) + "</span></div>\n";
}

// Days as they are drawn: so many of them as fit, several taken together where there are more.
struct Bar {
  std::int64_t first = 0, last = 0;
  double drawn = 0, all_on = 0;
};

std::vector<Bar> bars_of(const EnergyReport& report, double ReportDay::*drawn, double ReportDay::*all_on) {
  constexpr std::size_t kMostBars = 60;
  std::vector<Bar> bars;
  if (report.days.empty()) return bars;
  const auto span = static_cast<std::size_t>(report.days.back().day - report.days.front().day + 1);
  const auto together = static_cast<std::int64_t>((span + kMostBars - 1) / kMostBars);
  for (const ReportDay& day : report.days) {
    const std::int64_t first = report.days.front().day + (day.day - report.days.front().day) / together * together;
    if (bars.empty() || bars.back().first != first)
      bars.push_back({.first = first, .last = first + together - 1, .drawn = 0, .all_on = 0});
    bars.back().drawn += day.*drawn;
    bars.back().all_on += day.*all_on;
  }
  return bars;
}

// Behind, what all nodes on would have drawn; before it, what was drawn.
std::string days_plot(const std::string& title, const std::vector<Bar>& bars) {
  constexpr double kWidth = 900, kHeight = 240, kLeft = 60, kBottom = 24, kTop = 10;
  double most = 0;
  for (const Bar& bar : bars) most = std::max({most, bar.drawn, bar.all_on});
  if (most <= 0) return "";
  const double step = std::pow(10, std::floor(std::log10(most / kJoulesPerKwh)));
  const double tick = most / kJoulesPerKwh / step > 5 ? 2 * step : most / kJoulesPerKwh / step > 2 ? step : step / 2;
  const auto y = [&](double joules) { return kTop + (kHeight - kTop - kBottom) * (1 - joules / most); };
  std::string svg =
      "<h2>" + escaped(title) +
      "</h2><p class=soft><span class=k style=\"background:var(--on)\"></span>all nodes on"
      "<span class=k style=\"background:var(--drawn)\"></span>drawn</p>\n<svg viewBox=\"0 0 900 240\" role=img aria-label=\"" +
      escaped(title + ": what was drawn, and what all nodes on would have drawn, by date") + "\">\n";
  for (double value = 0; value * kJoulesPerKwh <= most; value += tick) {
    const std::string at = fixed(y(value * kJoulesPerKwh), 1);
    svg += "<line class=g x1=60 x2=900 y1=" + at + " y2=" + at + " /><text x=54 y=" + at + " text-anchor=end dy=\".35em\">" +
           fixed(value, tick < 1 ? 1 : 0) + (value == 0 ? " kWh" : "") + "</text>\n";
  }
  const double pitch = (kWidth - kLeft) / static_cast<double>(bars.size());
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const double x = kLeft + pitch * (static_cast<double>(i) + 0.1);
    const std::string when = date_of(bar.first) + (bar.last > bar.first ? " to " + date_of(bar.last) : "");
    const auto rect = [&](const char* cls, double at, double width, double joules) {
      return std::string("<rect class=") + cls + " x=" + fixed(at, 1) + " width=" + fixed(width, 1) + " y=" + fixed(y(joules), 1) +
             " height=" + fixed(std::max(0.0, kHeight - kBottom - y(joules)), 1) + " />";
    };
    svg += "<g><title>" + when + ": drawn " + kwh(bar.drawn) + ", all on " + kwh(bar.all_on) + "</title>" +
           rect("a", x, 0.8 * pitch, bar.all_on) + rect("d", x + 0.12 * pitch, 0.56 * pitch, bar.drawn) + "</g>\n";
    const std::size_t labels = std::max<std::size_t>(1, bars.size() / 8);
    if (i % labels == 0) svg += "<text x=" + fixed(x, 1) + " y=235>" + date_of(bar.first).substr(5) + "</text>\n";
  }
  return svg + "</svg>\n";
}

std::string row(const std::vector<std::string>& cells, const char* tag = "td") {
  std::string text = "<tr>";
  for (const std::string& cell : cells) text += std::string("<") + tag + ">" + escaped(cell) + "</" + tag + ">";
  return text + "</tr>\n";
}

std::string sums_table(const EnergyReport& report) {
  std::string text =
      "<h2>Subtotals</h2><div class=scroll><table><caption>Metered: both what was drawn and what all on would have. "
      "Modelled: at least one of the two. They are not added.</caption>\n" +
      row({"", "metered", "modelled"}, "th");
  const auto both = [&](const char* name, const auto& figure) {
    const auto cell = [&](const EnergySums& sums) { return sums.seconds > 0 ? figure(sums) : std::string("none"); };
    text += row({name, cell(report.metered), cell(report.modelled)});
  };
  both("drawn", [](const EnergySums& s) { return kwh(s.joules); });
  both("of it standby", [](const EnergySums& s) { return kwh(s.standby_joules); });
  both("of it boots", [](const EnergySums& s) { return kwh(s.boot_joules); });
  both("of it shutdowns", [](const EnergySums& s) { return kwh(s.shutdown_joules); });
  both("all nodes on", [](const EnergySums& s) { return kwh(s.all_on_joules); });
  both("saved, net (90 %)", [](const EnergySums& s) {
    return kwh(s.saved()) + " \xC2\xB1 " + kwh(s.half_width_joules) + (s.is_shown() ? "" : ", not shown");
  });
  both("saved, at least", [](const EnergySums& s) { return kwh(s.lower_bound_joules); });
  both("node-hours asleep", [](const EnergySums& s) { return fixed(s.asleep_seconds / 3600, 1); });
  if (!report.price.empty()) {
    both("cost", [&](const EnergySums& s) { return s.cost ? fixed(*s.cost, 2) + " " + report.currency : "unknown"; });
    both("cost saved",
         [&](const EnergySums& s) { return s.saved_cost ? fixed(*s.saved_cost, 2) + " " + report.currency : "unknown"; });
  }
  if (!report.carbon.empty()) {
    both("kg CO2e", [](const EnergySums& s) { return s.grams ? fixed(*s.grams / 1000, 1) : "unknown"; });
    both("kg CO2e saved", [](const EnergySums& s) { return s.saved_grams ? fixed(*s.saved_grams / 1000, 1) : "unknown"; });
  }
  return text + "</table></div>\n";
}

std::string held_table(const EnergyReport& report) {
  if (report.held.empty()) return "";
  constexpr std::size_t kMost = 15;
  std::string text =
      "<h2>What held savings back</h2><div class=scroll><table><caption>Modelled: what the nodes' sleep would have "
      "saved.</caption>\n" +
      row({"", "node-hours", "kWh"}, "th");
  for (std::size_t i = 0; i < report.held.size() && i < kMost; ++i) {
    const HeldSums& held = report.held[i];
    text += row({held.held_by, fixed(held.seconds / 3600, 1), fixed(held.joules / kJoulesPerKwh, 1)});
  }
  return text + "</table></div>\n";
}

std::string groups_section(const EnergyReport& report) {
  const std::string by(name_of(report.by));
  std::string text = "<h2>By " + by + "</h2><div class=scroll><table>\n";
  const bool savings = report.by != GroupBy::Namespace;
  text += savings ? row({by, "metered kWh", "modelled kWh", "saved metered", "saved modelled", "node-hours asleep"}, "th")
                  : row({by, "metered kWh", "modelled kWh", "CPU core-hours", "Wh a core-hour"}, "th");
  for (const EnergyGroup& group : report.groups) {
    const auto number = [](double joules) { return fixed(joules / kJoulesPerKwh, 1); };
    const double joules = group.metered.joules + group.modelled.joules;
    text +=
        savings
            ? row({group.name, number(group.metered.joules), number(group.modelled.joules), number(group.metered.saved()),
                   number(group.modelled.saved()), fixed((group.metered.asleep_seconds + group.modelled.asleep_seconds) / 3600, 1)})
            : row({group.name, number(group.metered.joules), number(group.modelled.joules), fixed(group.served / 3600, 1),
                   group.served > 0 ? fixed(joules / group.served, 1) : "unknown"});
  }
  return text + "</table></div>\n";
}

std::string service_table(const EnergyReport& report) {
  std::string text = "<h2>Service, moves and wakes</h2><div class=scroll><table>\n";
  text += row({"moves", std::to_string(report.moves) + ", failed " + std::to_string(report.failed_moves)});
  text += row({"downtime", downtime_of(report)});
  text += row({"SLATAH, PDM", known(report.slatah, 100, 2, " %") + ", " + known(report.pdm, 100, 4, " %")});
  text += row({"SLAV; ESV metered, modelled", known(report.slav(), 1e6, 2, " per million") + "; " +
                                                  known(report.esv_of(report.metered), 1, 4) + ", " +
                                                  known(report.esv_of(report.modelled), 1, 4)});
  text += row({"CPU not served", known(report.unserved, 100, 3, " %")});
  text += row({"sleeps, wakes, failed wakes",
               std::to_string(report.sleeps) + ", " + std::to_string(report.wakes) + ", " + std::to_string(report.failed_wakes)});
  if (report.wake_p50_seconds)
    text += row({"time to wake", fixed(*report.wake_p50_seconds, 0) + " s p50, " + fixed(*report.wake_p95_seconds, 0) + " s p95"});
  for (const MarkRow& mark : report.marks)
    text += row({std::string(to_string(mark.kind)) + " " + mark.subject, to_rfc3339(mark.at) + " " + mark.note});
  return text + "</table></div>\n";
}

std::string cards(const EnergyReport& report) {
  std::string text = "<div class=cards>\n";
  const auto of = [&](const char* basis, const EnergySums& sums) {
    if (sums.seconds <= 0) return;
    const double share = sums.all_on_joules > 0 ? 100 * sums.saved() / sums.all_on_joules : 0;
    text += card(std::string("saved, ") + basis, kwh(sums.saved()),
                 "\xC2\xB1 " + kwh(sums.half_width_joules) + " at 90 %; " + fixed(share, 1) + " % of all on");
    if (sums.saved_cost) text += card(std::string("money, ") + basis, fixed(*sums.saved_cost, 2) + " " + report.currency, "saved");
    if (sums.saved_grams) text += card(std::string("carbon, ") + basis, fixed(*sums.saved_grams / 1000, 1) + " kg CO2e", "saved");
  };
  of("metered", report.metered);
  of("modelled", report.modelled);
  if (report.floor_joules) text += card("least possible", kwh(*report.floor_joules), "whoever plans; modelled");
  return text + "</div>\n";
}

}  // namespace

std::string html_of(const EnergyReport& report) {
  std::string page = kHead;
  page += "<h1>Energy report</h1><p class=soft>" + to_rfc3339(report.from) + " to " + to_rfc3339(report.until) + ", " +
          std::to_string(report.nodes) + " nodes" + (report.price.empty() ? "" : "; price " + escaped(report.price)) +
          (report.carbon.empty() ? "" : "; carbon intensity " + escaped(report.carbon) + ", by location") + "</p>\n";
  page += cards(report);
  page += "<ul>";
  for (const std::string& caution : cautions_of(report)) page += "<li class=soft>" + escaped(caution) + "</li>";
  page += "</ul>\n";
  page += days_plot("By date, metered", bars_of(report, &ReportDay::metered_joules, &ReportDay::metered_all_on_joules));
  page += days_plot("By date, modelled", bars_of(report, &ReportDay::modelled_joules, &ReportDay::modelled_all_on_joules));
  page += sums_table(report) + service_table(report) + held_table(report) + groups_section(report);
  return page + "</body></html>\n";
}

}  // namespace drover
