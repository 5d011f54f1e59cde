// Books: energy and service levels of nodes and VMs over time, kept as sums.
//
// The owner says what holds from an instant on; Books integrates what held until then. Figures are those up to the last instant at
// which the node concerned was told of, or close() was called. Instants must not go back.
//
// Energy: joules. A node's is what drawn_watts gives (modelled, not metered), in four parts. A VM's is its part of the power above
// idle by CPU use, its copies' included, plus an equal share of its node's idle power; what no VM caused stays with the node.
//
// Counterfactual "all on": every node on all the time with the load that it had, idle in place of shutdown, standby and boot, and
// without the load of copies; a dead node draws nothing in either. The saving is that minus what was drawn: so net of what moves,
// boots and shutdowns cost.
//
// Service levels as Beloglazov and Buyya 2012 define them (section 3.4): SLATAH, the mean over the nodes that were ever on of the
// share of their time on in which their CPU was wanted whole; PDM, the mean over VMs of the capacity lost to copies (a tenth of the
// demand while it is copied) over the capacity demanded; SLAV = SLATAH x PDM; ESV = kWh x SLAV. Besides the share of demanded CPU
// that was not served, since SLAV is zero for whoever never moves a VM.
//
// Downtime and copying time of VMs are estimates of whoever tells them. Pure values; thread safety: none.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "books/power_draw.h"
#include "model/object.h"

namespace drover {

inline constexpr double kJoulesPerKilowattHour = 3.6e6;
inline constexpr double kLostWhileCopied = 0.1;  // of a VM's demand (Beloglazov and Buyya 2012, 3.4)

// What a VM does on a node. CPU in the unit of the node's capacity.
struct VmLoad {
  std::size_t vm = 0;
  double demand = 0;
  double served = 0;
  double copy = 0;       // CPU that its migration takes on this node
  bool copied = false;   // it is being migrated away from here
  bool resident = true;  // it runs here; false: a copy of it arrives
};

struct NodeBook {
  std::string name;
  double on_joules = 0;
  double standby_joules = 0;
  double boot_joules = 0;
  double shutdown_joules = 0;
  double all_on_joules = 0;
  double on_all_on_joules = 0;  // of that, while it was on: what on_joules has beyond it copies took
  double on_seconds = 0;
  double standby_seconds = 0;
  double boot_seconds = 0;
  double shutdown_seconds = 0;
  double overloaded_seconds = 0;  // on, and all of its CPU or more was wanted
  std::size_t starts = 0;
  std::size_t stops = 0;
  [[nodiscard]] double joules() const { return on_joules + standby_joules + boot_joules + shutdown_joules; }
};

struct VmBook {
  ObjectKey key;
  double joules = 0;
  double demanded = 0;  // CPU seconds
  double served = 0;
  double lost_to_copies = 0;
  std::size_t moves = 0;
  double migration_seconds = 0;  // estimated
  double downtime_seconds = 0;   // estimated
};

struct Totals {
  double joules = 0;
  double standby_joules = 0;
  double boot_joules = 0;
  double shutdown_joules = 0;
  double all_on_joules = 0;
  double saved_joules = 0;
  double slatah = 0;  // 0..1, as the next three
  double pdm = 0;
  double slav = 0;
  double esv = 0;
  double unserved = 0;           // share of the demanded CPU
  double active_nodes_mean = 0;  // on, over the whole time
  std::size_t node_starts = 0;
  std::size_t node_stops = 0;
  [[nodiscard]] double kilowatt_hours() const { return joules / kJoulesPerKilowattHour; }
};

class Books {
 public:
  explicit Books(Instant start) : start_(start), end_(start) {}

  // On, idle. The indexes count up from 0.
  std::size_t add_node(std::string name, PowerModel model, double capacity, Instant now);
  std::size_t add_vm(ObjectKey key);

  // Booting counts as a start, ShuttingDown as a stop.
  void set_state(std::size_t node, PowerState state, Instant now);
  void set_load(std::size_t node, std::vector<VmLoad> loads, Instant now);
  void note_move(std::size_t vm, Duration copying, Duration downtime);
  // Books everything up to now.
  void close(Instant now);

  [[nodiscard]] const NodeBook& node(std::size_t index) const { return nodes_[index].book; }
  [[nodiscard]] const VmBook& vm(std::size_t index) const { return vms_[index]; }
  [[nodiscard]] std::size_t nodes() const { return nodes_.size(); }
  [[nodiscard]] std::size_t vms() const { return vms_.size(); }
  // Goes through all of them.
  [[nodiscard]] Totals totals() const;
  // What all nodes together draw now, and would if all were on.
  [[nodiscard]] double watts() const;
  [[nodiscard]] double all_on_watts() const;

 private:
  struct NodeMeter {
    NodeBook book;
    PowerModel model;
    double capacity = 0;
    PowerState state = PowerState::On;
    Instant since{};
    std::vector<VmLoad> loads;
    double utilization = 0;         // copies included
    double useful_utilization = 0;  // without them
    double wanted = 0;              // CPU, copies included
  };
  void book_up_to(NodeMeter& meter, Instant now);
  void book_vms(const NodeMeter& meter, double watts, double span);
  [[nodiscard]] static double all_on_watts(const NodeMeter& meter);

  Instant start_;
  Instant end_;
  std::vector<NodeMeter> nodes_;
  std::vector<VmBook> vms_;
};

}  // namespace drover
