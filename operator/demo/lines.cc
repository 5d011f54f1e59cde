#include "demo/lines.h"

#include "demo/styled_text.h"

namespace drover {

std::string opening_line(const DemoDay& day) {
  std::string text = "drover demo: " + day.title + ", " + std::to_string(day.nodes.size()) + " nodes and " +
                     std::to_string(day.vms_running + day.vms_waiting) + " VMs, under " + day.policy + ", in " +
                     decimal(day.wall_seconds, 0) + " s";
  if (!day.metrics.empty()) text += "; http://" + day.metrics + "/metrics";
  return text;
}

std::string hour_line(const DemoDay& day, std::size_t moves_before) {
  std::string text = clock_of(day.now) + "  " + std::to_string(day.nodes_on()) + " of " + std::to_string(day.nodes.size()) +
                     " nodes on, " + std::to_string(day.vms_running) + " VMs; " + decimal(day.watts, 0) + " W (all on " +
                     decimal(day.all_on_watts, 0) + " W); so far " + kilowatt_hours(day.totals.joules) + " of " +
                     kilowatt_hours(day.totals.all_on_joules) + ", " + percent(saved_share(day.totals)) +
                     " saved; CPU not served " + percent(day.totals.unserved);
  if (day.moves.size() <= moves_before) return text;
  const DemoMove& last = day.moves.back();
  const std::size_t begun = day.moves.size() - moves_before;
  text += "\n       " + std::to_string(begun) + (begun == 1 ? " move" : " moves") + " in this hour, the last " +
          to_string(last.vm) + " from " + last.source + " to " + last.target + ": " + last.reason;
  return text;
}

namespace {

// Where the reason tells more than the change itself does.
bool tells_more(NodeLife to) {
  return to == NodeLife::Active || to == NodeLife::Retiring || to == NodeLife::Waking || to == NodeLife::Quarantined;
}

}  // namespace

std::string change_line(const DemoChange& change) {
  std::string text = clock_of(change.at) + "  " + change.node + " " + words_of(change);
  if (!change.reason.empty() && tells_more(change.to)) text += " (" + change.reason + ")";
  return text;
}

}  // namespace drover
