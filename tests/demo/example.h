// A small day for the demo's tests, as a value.
#pragma once

#include <string>
#include <vector>

#include "demo/day.h"
#include "demo/styled_text.h"

namespace drover::test {

inline const Instant kMidnight = *parse_rfc3339("2026-01-06T00:00:00Z");

inline Instant at(Duration since_midnight) {
  return kMidnight + since_midnight;
}

inline DemoMove demo_move(const std::string& vm, const std::string& source, const std::string& target, Duration begun,
                          Duration took, const std::string& reason) {
  return {
      .vm = {"shop", vm}, .source = source, .target = target, .reason = reason, .started = at(begun), .ended = at(begun + took)};
}

// Twenty nodes at six in the morning, nine of them asleep, with a move under way.
inline DemoDay demo_day() {
  DemoDay day;
  day.title = "a day of twenty nodes";
  day.policy = "pack (Balanced)";
  day.metrics = "127.0.0.1:9100";
  day.samples = "manifests/samples";
  day.wall_seconds = 60;
  day.start = kMidnight;
  day.now = at(hours{6});
  day.end = at(hours{24});
  for (int i = 1; i <= 20; ++i) {
    DemoNode node{.name = (i < 10 ? "node-0" : "node-") + std::to_string(i), .cpu = 0.25, .memory = 0.5, .vms = 8};
    if (i > 11) node = {.name = node.name, .life = NodeLife::Asleep, .power = PowerState::Off, .cpu = 0, .memory = 0, .vms = 0};
    day.nodes.push_back(node);
  }
  day.vms_running = 88;
  day.vms_ever = 90;
  day.watts = 1200;
  day.all_on_watts = 2000;
  day.totals.joules = 7.2 * kJoulesPerKilowattHour;
  day.totals.all_on_joules = 12 * kJoulesPerKilowattHour;
  day.totals.saved_joules = 4.8 * kJoulesPerKilowattHour;
  day.totals.active_nodes_mean = 12.5;
  day.totals.node_stops = 9;
  day.counts.migrations = 3;
  day.downtime_seconds = 0.09;
  day.effects = 1234;
  day.moves = {demo_move("web-1", "node-12", "node-01", minutes{5}, seconds{8}, "node-12 is the emptiest"),
               demo_move("web-2", "node-12", "node-02", minutes{6}, seconds{8}, "node-12 is the emptiest"),
               demo_move("db-1", "node-13", "node-03", minutes{30}, milliseconds{13500}, "node-13 is emptied")};
  day.moves.push_back({.vm = {"shop", "web-9"},
                       .source = "node-04",
                       .target = "node-05",
                       .reason = "node-04 is overloaded",
                       .relief = true,
                       .started = at(hours{6} - seconds{3})});
  day.changes = {
      {.at = at(minutes{5}), .node = "node-12", .to = NodeLife::Retiring, .reason = "node-12 is the emptiest"},
      {.at = at(minutes{20}), .node = "node-12", .from = NodeLife::PoweringOff, .to = NodeLife::Asleep, .reason = "empty"},
      {.at = at(hours{5}), .node = "node-13", .from = NodeLife::PoweringOff, .to = NodeLife::Asleep, .reason = "empty"}};
  for (int i = 0; i < 18; ++i) day.course.push_back({.nodes_on = i < 3 ? 20U : 11U, .watts = 1200, .all_on_watts = 2000});
  return day;
}

inline std::string text_of(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) text += line.text() + "\n";
  return text;
}

}  // namespace drover::test
