#include "demo/report.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace drover {
namespace {

constexpr std::size_t kTold = 3;
constexpr std::size_t kChartRows = 5;
constexpr std::size_t kMargin = 2;
constexpr std::size_t kAxisColumns = 6;

std::string plural(std::size_t count, const std::string& one) {
  return decimal(static_cast<double>(count), 0) + " " + one + (count == 1 ? "" : "s");
}

std::string capitalized(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// Without what nobody wants to read: "21h10m", "12 s", "3.5 s".
std::string short_text(Duration d) {
  if (d >= minutes{10}) return to_string(std::chrono::floor<minutes>(d));
  return decimal(to_seconds(d), d >= seconds{10} ? 0 : 1) + " s";
}

Duration took(const DemoMove& move) {
  return move.ended.value_or(move.started) - move.started;
}

bool succeeded(const DemoMove& move) {
  return move.ended && !move.failed;
}

struct Sleep {
  std::string node;
  Instant from{};
  Duration length{};
};

std::vector<Sleep> sleeps_of(const DemoDay& day) {
  std::vector<Sleep> sleeps;
  std::map<std::string, std::size_t> open;
  for (const DemoChange& change : day.changes) {
    if (change.to == NodeLife::Asleep) {
      open[change.node] = sleeps.size();
      sleeps.push_back({change.node, change.at, day.now - change.at});
    } else if (const auto at = open.find(change.node); at != open.end()) {
      sleeps[at->second].length = change.at - sleeps[at->second].from;
      open.erase(at);
    }
  }
  return sleeps;
}

// The last to leave the node that slept longest, as long as its leaving is what emptied the node.
void add_the_one_that_sent_to_sleep(const DemoDay& day, std::vector<TellingMove>& told) {
  auto sleeps = sleeps_of(day);
  std::stable_sort(sleeps.begin(), sleeps.end(), [](const Sleep& a, const Sleep& b) { return a.length > b.length; });
  for (const Sleep& sleep : sleeps) {
    const DemoMove* last = nullptr;
    for (const DemoMove& move : day.moves) {
      if (succeeded(move) && move.source == sleep.node && *move.ended <= sleep.from && !move.relief) last = &move;
    }
    if (last == nullptr) continue;
    const bool sleeps_on = sleep.from + sleep.length >= day.now;
    told.push_back({last, "It was the last to leave " + sleep.node + ", which then slept for " + short_text(sleep.length) +
                              (sleeps_on ? " and sleeps on." : ".")});
    return;
  }
}

// Each from another node: two moves for one purpose tell the same.
void tell(std::vector<TellingMove>& told, const DemoMove* move, const std::string& why) {
  const auto same = [&](const TellingMove& other) { return other.move->source == move->source; };
  const bool known = move == nullptr || std::any_of(told.begin(), told.end(), same);
  if (!known && told.size() < kTold) told.push_back({move, why});
}

void paragraph(std::vector<Line>& lines, const std::string& head, const std::string& text, std::size_t columns) {
  constexpr std::size_t kHead = 11;
  bool first = true;
  for (const std::string& part : wrapped(text, columns > kMargin + kHead ? columns - kMargin - kHead : 1)) {
    Line line;
    line.pad(kMargin).add(first ? head : "", Style::Bold).pad(kMargin + kHead).add(part);
    lines.push_back(std::move(line));
    first = false;
  }
}

std::string energy_text(const DemoDay& day) {
  const Totals& t = day.totals;
  std::string text = kilowatt_hours(t.joules) + " instead of " + kilowatt_hours(t.all_on_joules) + " with every node on: ";
  if (t.saved_joules < 0)
    return text + kilowatt_hours(-t.saved_joules) + " more, because what moves and boots cost was not won back.";
  return text + kilowatt_hours(t.saved_joules) + " or " + percent(saved_share(t)) +
         " saved, with standby, copies, boots and shutdowns paid for. Modelled from each node's power curve, not metered." +
         (day.floor_joules > 0 ? " To serve all of it takes " + kilowatt_hours(day.floor_joules) + " at least, whoever plans."
                               : "");
}

std::string cost_text(const DemoDay& day) {
  const std::size_t ended = day.counts.migrations;
  std::string text = plural(day.moves.size(), "live migration");
  if (day.failed_moves() > 0) text += ", " + std::to_string(day.failed_moves()) + " of them failed";
  text += ", " + plural(day.totals.node_stops, "shutdown") + " and " + plural(day.totals.node_starts, "boot") + " of nodes.";
  if (ended == 0) return text;
  const double each = day.downtime_seconds / static_cast<double>(ended);
  return text + " Each move stopped its VM for " + decimal(1000 * each, 0) + " ms on average, " + decimal(day.downtime_seconds, 1) +
         " s for all of them (estimated).";
}

std::string service_text(const DemoDay& day) {
  const Totals& t = day.totals;
  std::string text = t.unserved > 0 ? "VMs got all but " + percent(t.unserved) + " of the CPU that they wanted. "
                                    : "VMs got all of the CPU that they wanted. ";
  text += t.slatah > 0 ? "Nodes were asked for all they have in " + percent(t.slatah) + " of their time on (SLATAH)"
                       : "No node was ever asked for all it has (SLATAH 0)";
  text += ", and being copied cost VMs " + percent(t.pdm) + " of their demand (PDM)";
  if (t.slav > 0) {
    const int exponent = static_cast<int>(std::floor(std::log10(t.slav)));
    text += "; the product of both, SLAV, is " + decimal(t.slav / std::pow(10.0, exponent), 1) + "e" + std::to_string(exponent);
  }
  text += ".";
  return text + (day.counts.vms_lost == 0 ? " No VM was lost." : " VMs lost: " + std::to_string(day.counts.vms_lost) + ".");
}

std::string invariants_text(const DemoDay& day) {
  if (day.violations > 0) {
    return "BROKEN: " + plural(day.violations, "effect") +
           " would have broken a rule and were stopped. That is a bug in Drover; please report it with seed " +
           std::to_string(day.seed) + ".";
  }
  return "All held: " + plural(day.effects, "effect") +
         " were checked before they left, and none was stopped. No node was switched off with a VM on it, no VM was in two moves "
         "at once.";
}

// Nodes that are on over the day: each column a part of the day, each row a fifth of the nodes.
void chart(const DemoDay& day, std::size_t columns, const Glyphs& glyphs, std::vector<Line>& lines) {
  const std::size_t width = std::min(kDemoSamples, columns > kMargin + kAxisColumns ? columns - kMargin - kAxisColumns : 0);
  const std::size_t each = width > 0 ? (kDemoSamples + width - 1) / width : kDemoSamples;
  const double nodes = static_cast<double>(day.nodes.size());
  for (std::size_t row = kChartRows; row > 0; --row) {
    const double top = nodes * static_cast<double>(row) / kChartRows;
    const double bottom = nodes * static_cast<double>(row - 1) / kChartRows;
    const std::string label = decimal(top, 0);
    Line line;
    line.pad(kMargin + 4 - std::min<std::size_t>(4, label.size())).add(label, Style::Dim).add(" ");
    for (std::size_t i = 0; i < day.course.size(); i += each) {
      const auto on = static_cast<double>(day.course[i].nodes_on);
      if (on <= bottom) {
        line.add(" ");
      } else {
        line.add(on - bottom >= (top - bottom) / 2 ? glyphs.full : glyphs.half, Style::Green);
      }
    }
    lines.push_back(std::move(line));
  }
  Line axis;
  axis.pad(kMargin + 5);
  const std::size_t step = std::max<std::size_t>(1, kDemoSamples / each / 8);
  for (std::size_t i = 0; i * each < kDemoSamples; i += step) {
    const auto share = static_cast<double>(i * each) / static_cast<double>(kDemoSamples);
    const Instant at = day.start + from_seconds(share * to_seconds(day.end - day.start));
    if (axis.columns() <= kMargin + 5 + i) axis.pad(kMargin + 5 + i).add(clock_of(at), Style::Dim);
  }
  lines.push_back(axis.cut(columns));
}

void add_moves(const DemoDay& day, std::size_t columns, const Glyphs& glyphs, std::vector<Line>& lines) {
  const auto told = telling_moves(day);
  if (told.empty()) {
    lines.emplace_back("No VM was moved: nothing was won by it, or the policy's schedule did not allow it", Style::Bold);
    return;
  }
  lines.emplace_back(told.size() == 1 ? "The move that tells the day" : "Moves that tell the day", Style::Bold);
  for (const TellingMove& each : told) {
    Line head;
    head.pad(kMargin).add(clock_of(each.move->started), Style::Dim).add("  ").add(to_string(each.move->vm), Style::Bold);
    head.add("  " + each.move->source + " ")
        .add(glyphs.arrow)
        .add(" " + each.move->target + ", in " + short_text(took(*each.move)));
    lines.push_back(std::move(head));
    for (const std::string& text : {each.why, "Told to its owner: " + each.move->reason}) {
      for (const std::string& part : wrapped(text, columns > 9 ? columns - 9 : 1)) lines.push_back(Line().pad(9).add(part));
    }
  }
}

void add_next(const DemoDay& day, std::vector<Line>& lines) {
  const std::string folder = day.samples.empty() ? "manifests/samples" : day.samples;
  const std::string simulate = day.program + " simulate --scenario " + folder + "/scenarios/";
  std::vector<std::pair<std::string, std::string>> next = {
      {"another day, with figures as JSON", simulate + "day.yaml --enforce --seed " + std::to_string(day.seed + 1) + " -o json"},
      {"what each limit in the policy costs", simulate + "day.yaml --enforce --limits"},
      {"an office: desktops from eight to five", simulate + "office.yaml --enforce"},
      {"your own data centre: what a scenario can say", day.program + " simulate --help"},
      {"the real Kubernetes and KubeVirt on this machine", "./quickstart --control-plane"},
      {"your own cluster, in mode Recommend: nothing is moved", "kubectl apply --filename " + folder + "/consolidation.yaml"}};
  lines.emplace_back("What to try next", Style::Bold);
  for (const auto& [what, command] : next) {
    lines.push_back(Line().pad(kMargin).add(what, Style::Dim));
    lines.push_back(Line().pad(2 * kMargin + 2).add(command));
  }
}

}  // namespace

std::vector<TellingMove> telling_moves(const DemoDay& day) {
  std::vector<TellingMove> told;
  add_the_one_that_sent_to_sleep(day, told);
  const DemoMove* relief = nullptr;
  const DemoMove* longest = nullptr;
  const DemoMove* first = nullptr;
  const DemoMove* last = nullptr;
  for (const DemoMove& move : day.moves) {
    if (!succeeded(move)) continue;
    if (move.relief && relief == nullptr) relief = &move;
    if (longest == nullptr || took(move) > took(*longest)) longest = &move;
    if (first == nullptr) first = &move;
    last = &move;
  }
  tell(told, relief, "It relieved an overloaded node.");
  tell(told, longest, "It took longest of all.");
  tell(told, first, "It was the first.");
  tell(told, last, "It was the last.");
  std::stable_sort(told.begin(), told.end(), [](const auto& a, const auto& b) { return a.move->started < b.move->started; });
  return told;
}

std::vector<Line> closing_report(const DemoDay& day, std::size_t columns, const Glyphs& glyphs) {
  std::vector<Line> lines;
  const std::string title = capitalized(day.title);
  lines.emplace_back();
  lines.emplace_back(title, Style::Bold);
  lines.push_back(Line().repeat(glyphs.done, std::min(title.size(), columns), Style::Green));
  std::string what = plural(day.nodes.size(), "node") + " and " + plural(day.vms_ever, "virtual machine") + " from " +
                     day_and_clock_of(day.start) + " to " + day_and_clock_of(day.now) + ", run by the operator's own core under " +
                     day.policy + " in " + decimal(day.wall_seconds, 0) + " s of your time (seed " + std::to_string(day.seed) +
                     ").";
  if (day.now < day.end) what += " It was ended early: the day would have gone on until " + day_and_clock_of(day.end) + ".";
  for (const std::string& text : wrapped(what, columns)) lines.emplace_back(text);
  lines.emplace_back();
  paragraph(lines, "Energy", energy_text(day), columns);
  paragraph(lines, "Its price", cost_text(day), columns);
  paragraph(lines, "Service", service_text(day), columns);
  paragraph(lines, "Invariants", invariants_text(day), columns);
  lines.emplace_back();
  lines.emplace_back("Nodes on, over the day (" + decimal(day.totals.active_nodes_mean, 1) + " on average)", Style::Bold);
  chart(day, columns, glyphs, lines);
  lines.emplace_back();
  add_moves(day, columns, glyphs, lines);
  lines.emplace_back();
  add_next(day, lines);
  return lines;
}

}  // namespace drover
