#include "demo/frame.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace drover {
namespace {

constexpr std::size_t kCellColumns = 39;   // of a node with the name of its life
constexpr std::size_t kWideColumns = 64;   // a wider one tells no more
constexpr std::size_t kSmallColumns = 19;  // of a node with the first letter of its life
constexpr std::size_t kLifeColumns = 11;   // "PoweringOff"
constexpr std::size_t kMoveLines = 4;      // least room for moves, where there is any
constexpr std::size_t kReasonIndent = 7;
constexpr double kOverloaded = 1;

Style style_of(const DemoNode& node) {
  if (node.power == PowerState::Dead) return Style::Red;
  switch (node.life) {
    case NodeLife::Active: return Style::Green;
    case NodeLife::Retiring:
    case NodeLife::Draining: return Style::Yellow;
    case NodeLife::Empty: return Style::Cyan;
    case NodeLife::PoweringOff: return Style::Blue;
    case NodeLife::Asleep: return Style::Dim;
    case NodeLife::Waking: return Style::Magenta;
    case NodeLife::Quarantined: return Style::Red;
  }
  return Style::Plain;
}

std::string life_of(const DemoNode& node) {
  return node.power == PowerState::Dead ? "Dead" : std::string(to_string(node.life));
}

// How many of `columns` a share fills; something is never shown as nothing.
std::size_t filled(double share, std::size_t columns) {
  const double exact = std::clamp(share, 0.0, 1.0) * static_cast<double>(columns);
  const auto whole = static_cast<std::size_t>(std::lround(exact));
  return whole == 0 && share > 0 ? std::min<std::size_t>(1, columns) : whole;
}

// CPU in front of the memory that is held.
Line bar_of(const DemoNode& node, std::size_t columns, const Glyphs& glyphs) {
  const bool on = node.power == PowerState::On;
  const std::size_t cpu = on ? filled(node.cpu, columns) : 0;
  const std::size_t memory = std::max(cpu, on ? filled(node.memory, columns) : 0);
  const Style style = node.cpu >= kOverloaded ? Style::Red : style_of(node);
  Line bar;
  bar.repeat(glyphs.full, cpu, style).repeat(glyphs.shade, memory - cpu, style);
  bar.repeat(on ? glyphs.empty : " ", columns - memory, Style::Dim);
  return bar;
}

Line right_aligned(const std::string& text, std::size_t columns) {
  Line line;
  line.pad(columns > text.size() ? columns - text.size() : 0).add(text);
  return line;
}

Line cell_of(const DemoNode& node, std::size_t columns, std::size_t name_columns, const Glyphs& glyphs) {
  const bool small = columns < kCellColumns;
  const std::string life = life_of(node);
  const std::size_t tail = 4 + 1 + (small ? 1 : kLifeColumns);  // VMs and life
  Line cell;
  cell.add(node.name, node.power == PowerState::On ? Style::Plain : Style::Dim).cut(name_columns).pad(name_columns + 1);
  const std::size_t bar = columns > name_columns + 1 + tail ? columns - name_columns - 1 - tail : 0;
  cell.add(bar_of(node, bar, glyphs));
  cell.add(right_aligned(node.vms > 0 ? std::to_string(node.vms) : "", 4)).add(" ");
  cell.add(small ? life.substr(0, 1) : life, style_of(node));
  return cell.cut(columns).pad(columns);
}

// The nodes in columns, top to bottom and then left to right, in at most so many rows.
std::vector<Line> grid(const DemoDay& day, std::size_t width, std::size_t rows, const Glyphs& glyphs) {
  const std::size_t count = day.nodes.size();
  std::vector<Line> lines;
  if (count == 0 || rows == 0) return lines;
  std::size_t across = std::max((count + rows - 1) / rows, (width + 1) / kWideColumns);
  std::size_t cell = (width + 1) / across;
  if (cell > kSmallColumns && cell <= kCellColumns) cell = kSmallColumns + 1;
  const std::size_t least = cell > kCellColumns ? kCellColumns + 1 : kSmallColumns + 1;
  cell = std::max(cell, least);
  across = std::max<std::size_t>(1, std::min(across, (width + 1) / cell));
  const std::size_t used = std::min(rows, (count + across - 1) / across);
  const std::size_t shown = std::min(count, used * across);
  std::size_t name_columns = 0;
  for (const DemoNode& node : day.nodes) name_columns = std::max(name_columns, node.name.size());
  name_columns = std::min(name_columns, cell > kCellColumns ? std::size_t{14} : std::size_t{8});
  for (std::size_t row = 0; row < used; ++row) {
    Line line;
    for (std::size_t column = 0; column < across; ++column) {
      const std::size_t index = column * used + row;
      if (index >= shown) break;
      line.add(cell_of(day.nodes[index], cell - 1, name_columns, glyphs)).add(" ");
    }
    lines.push_back(std::move(line));
  }
  if (shown < count) lines.back() = Line("and " + std::to_string(count - shown + across) + " more nodes", Style::Dim);
  return lines;
}

Line head(const DemoDay& day, std::size_t width) {
  const std::string clock = day_and_clock_of(day.now);
  Line line;
  line.add("drover demo", Style::Bold).add("  " + day.title + ", under " + day.policy);
  line.cut(width > clock.size() + 2 ? width - clock.size() - 2 : 0);
  return line.pad(width > clock.size() ? width - clock.size() : 0).add(clock, Style::Bold);
}

Line watts_line(const DemoDay& day, std::size_t width, const Glyphs& glyphs) {
  Line line("now ");
  line.add(decimal(day.watts, 0) + " W", Style::Bold).add(" of " + decimal(day.all_on_watts, 0) + " W with all nodes on").pad(44);
  const std::size_t columns = width > 46 ? width - 45 : 0;
  const std::size_t drawn = day.all_on_watts > 0 ? filled(day.watts / day.all_on_watts, columns) : 0;
  return line.repeat(glyphs.full, drawn, Style::Green).repeat(glyphs.empty, columns - drawn, Style::Dim);
}

Line energy_line(const DemoDay& day) {
  Line line("so far ");
  line.add(kilowatt_hours(day.totals.joules), Style::Bold).add(" instead of " + kilowatt_hours(day.totals.all_on_joules) + ": ");
  return line.add(percent(saved_share(day.totals)) + " saved", Style::Green).add(" (modelled, net of costs)", Style::Dim);
}

Line herd_line(const DemoDay& day) {
  std::string text = std::to_string(day.nodes_on()) + " of " + std::to_string(day.nodes.size()) + " nodes on";
  if (const auto asleep = day.nodes_in(NodeLife::Asleep); asleep > 0) text += ", " + std::to_string(asleep) + " asleep";
  if (const auto waking = day.nodes_in(NodeLife::Waking); waking > 0) text += ", " + std::to_string(waking) + " waking";
  text += "; " + std::to_string(day.vms_running) + " VMs";
  if (day.vms_waiting > 0) text += ", " + std::to_string(day.vms_waiting) + " waiting for a node";
  text += "; " + std::to_string(day.counts.migrations) + " moves";
  if (day.failed_moves() > 0) text += ", " + std::to_string(day.failed_moves()) + " failed";
  return Line(text);
}

Line service_line(const DemoDay& day) {
  Line line("service: " + percent(day.totals.slatah) + " of node time overloaded, " + percent(day.totals.unserved) +
            " of CPU not served, ");
  return line.add(std::to_string(day.counts.vms_lost) + " VMs lost", day.counts.vms_lost > 0 ? Style::Red : Style::Plain);
}

// Moves under way, then those that are over, the newest first, with the reason under the first of those that have it.
std::vector<Line> moves(const DemoDay& day, std::size_t width, std::size_t rows, const Glyphs& glyphs) {
  std::vector<const DemoMove*> order;
  for (auto move = day.moves.rbegin(); move != day.moves.rend(); ++move) order.push_back(&*move);
  std::stable_partition(order.begin(), order.end(), [](const DemoMove* move) { return !move->ended; });
  std::vector<Line> lines;
  std::string told;
  for (const DemoMove* move : order) {
    if (lines.size() >= rows) break;
    Line line(clock_of(move->ended.value_or(move->started)) + "  ", Style::Dim);
    line.add(to_string(move->vm), Style::Bold);
    line.add("  " + move->source + " ").add(glyphs.arrow).add(" " + move->target);
    if (!move->ended) line.add("  moving", Style::Yellow);
    if (move->failed) line.add("  failed", Style::Red);
    lines.push_back(std::move(line));
    if (std::exchange(told, move->reason) == move->reason) continue;
    for (const std::string& text : wrapped(move->reason, width > kReasonIndent ? width - kReasonIndent : 1)) {
      if (lines.size() >= rows) break;
      Line reason;
      lines.push_back(reason.pad(kReasonIndent).add(text, Style::Dim));
    }
  }
  return lines;
}

}  // namespace

std::vector<Line> demo_frame(const DemoDay& day, FrameSize size, const Glyphs& glyphs) {
  std::vector<Line> lines;
  lines.push_back(head(day, size.columns));
  const std::size_t done = static_cast<std::size_t>(std::clamp(day.done(), 0.0, 1.0) * static_cast<double>(size.columns));
  Line rule;
  lines.push_back(rule.repeat(glyphs.done, done, Style::Green).repeat(glyphs.rest, size.columns - done, Style::Dim));
  lines.push_back(watts_line(day, size.columns, glyphs));
  lines.push_back(energy_line(day));
  lines.push_back(herd_line(day));
  lines.push_back(service_line(day));
  Line legend;
  legend.add("nodes", Style::Bold)
      .add("  " + std::string(glyphs.full) + " CPU wanted  " + std::string(glyphs.shade) + " memory held", Style::Dim);
  lines.push_back(legend);
  const std::size_t fixed = lines.size() + 2;  // and the heading of the moves, and the last line
  const std::size_t room = size.rows > fixed ? size.rows - fixed : 0;
  const auto nodes = grid(day, size.columns, room > kMoveLines ? room - kMoveLines : room, glyphs);
  lines.insert(lines.end(), nodes.begin(), nodes.end());
  lines.emplace_back("moves", Style::Bold);
  const std::size_t left = room > nodes.size() ? room - nodes.size() : 0;
  const auto told = moves(day, size.columns, left, glyphs);
  lines.insert(lines.end(), told.begin(), told.end());
  while (lines.size() + 1 < size.rows) lines.emplace_back();
  lines.emplace_back((day.metrics.empty() ? "" : "http://" + day.metrics + "/metrics   ") + "Ctrl-C ends with the report",
                     Style::Dim);
  if (lines.size() > size.rows) lines.resize(size.rows);
  for (Line& line : lines) line.cut(size.columns);
  return lines;
}

}  // namespace drover
