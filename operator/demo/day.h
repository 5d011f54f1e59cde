// A simulated day as the demo shows it: what a frame, a line or the closing report is made from, as a value.
//
// Instants are the simulation's. Thread safety: a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "books/books.h"
#include "model/node.h"
#include "model/object.h"
#include "sim/data_center.h"

namespace drover {

struct DemoNode {
  std::string name;
  NodeLife life = NodeLife::Active;
  PowerState power = PowerState::On;
  double cpu = 0;     // wanted, as a share of what it has; beyond 1 it is overloaded
  double memory = 0;  // held for VMs, as a share
  std::size_t vms = 0;
};

struct DemoMove {
  ObjectKey vm;
  std::string source;
  std::string target;
  std::string reason;   // as the VM's owner is told it
  bool relief = false;  // it cured an overload; the others pack
  Instant started{};
  std::optional<Instant> ended;
  bool failed = false;
};

struct DemoChange {  // of a node's life
  Instant at{};
  std::string node;
  NodeLife from = NodeLife::Active;
  NodeLife to = NodeLife::Active;
  std::string reason;
};

// Of the day's course, for a chart.
struct DemoSample {
  std::size_t nodes_on = 0;
  double watts = 0;
  double all_on_watts = 0;
};
inline constexpr std::size_t kDemoSamples = 72;  // over the whole day

struct DemoDay {
  std::string title;               // of the scenario
  std::string policy;              // "pack (Balanced)"
  std::string samples;             // where the scenario and the policy came from: a folder, or "" for what is built in
  std::string metrics;             // the address of /metrics, or ""
  std::string program = "drover";  // how to run it again
  std::uint64_t seed = 1;
  double wall_seconds = 0;
  Instant start{};
  Instant end{};  // planned
  Instant now{};  // reached

  std::vector<DemoNode> nodes;
  std::vector<DemoMove> moves;  // all, in order of their beginning
  std::vector<DemoChange> changes;
  std::vector<DemoSample> course;  // one each kDemoSamples-th part of the day, up to now
  std::size_t vms_running = 0;
  std::size_t vms_waiting = 0;  // for a node
  std::size_t vms_ever = 0;
  double watts = 0;
  double all_on_watts = 0;
  double floor_joules = 0;      // to serve all of it takes at least so much
  double downtime_seconds = 0;  // of all moves, estimated
  Totals totals;
  sim::DataCenterCounts counts;
  std::size_t effects = 0;     // carried out
  std::size_t violations = 0;  // of invariants: effects that were stopped

  [[nodiscard]] std::size_t nodes_on() const;
  [[nodiscard]] std::size_t nodes_in(NodeLife life) const;
  [[nodiscard]] std::size_t failed_moves() const;
  // 0..1 of the planned day.
  [[nodiscard]] double done() const;
};

// "07:20", of the day in UTC; "Mon 07:20".
[[nodiscard]] std::string clock_of(Instant at);
[[nodiscard]] std::string day_and_clock_of(Instant at);
// "taken back into service": what became of the node, in words.
[[nodiscard]] std::string words_of(const DemoChange& change);
// "9 kWh", with as many digits as the size asks for.
[[nodiscard]] std::string kilowatt_hours(double joules);
// The share of the energy of "all on" that was saved, 0 while nothing was drawn.
[[nodiscard]] double saved_share(const Totals& totals);

}  // namespace drover
