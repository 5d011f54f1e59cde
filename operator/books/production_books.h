// ProductionBooks: what the nodes of a live cluster drew, interval by interval, as rows of the ledger.
//
// Told of all nodes and VMs every minute or so, it books the time since it was last told. Of a node in that time, the first of
// these that can be had, and never two together:
//   1. the difference of its meter's counter of energy; one that went back began anew, and does not count;
//   2. its meter's watts at both ends, joined by a straight line; not over more than twice the usual interval;
//   3. its PowerProfile, by the CPU that its VMs use. What VMs use being unknown, the row is Absent: nothing is made up.
// Behind the power supplies, or a share of an enclosure that several nodes sit in (by what the model says of each), is Derived. A
// node that was in an enclosure has its share of it also while its own reading is missing: the others are not booked for it.
// Asleep, a meter's figure counts from 1 W to 15 % of the idle power: others are frozen or nobody's, and the profile's standby
// stands in.
//
// All on: of a node that is on, what it drew. Otherwise its idle power: the median of what its meter said while it was on without a
// VM, once these are as many as a day has, and until then the profile's. What copies of moves took is not known here, and is in
// what it drew.
//
// A VM has an equal part of its node's idle power with the others there, and of what is above that its part by CPU use.
//
// Units: watts, joules. Instants must not go back; one that does begins anew. Pure; thread safety: none.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/cluster_view.h"
#include "model/ledger_rows.h"
#include "model/power_table.h"
#include "model/use.h"

namespace drover {

// A VM whose use is known. CPU in cores.
struct VmSample {
  ObjectKey vm;
  double demanded = 0;  // what it used and what it waited for
  double served = 0;    // what it used
  bool copied = false;  // it is being migrated
};

// A node as it is at one moment.
struct NodeSample {
  std::string name;
  std::string policy;  // that marked it, or the one that consolidates
  EnergyState state = EnergyState::On;
  bool known = true;  // whether that is what it is doing: a node that is not Ready and that nobody put to sleep may be anything
  std::optional<MeterReading> meter;
  PowerModel power;
  std::string profile;
  std::size_t vms = 0;                // all that are there
  std::vector<VmSample> used;         // those of them whose use is known
  std::optional<double> utilization;  // by VMs, 0..1; empty: unknown
};
struct ClusterSample {
  std::vector<NodeSample> nodes;  // by name
};

// What the view, the power drivers and the figures of use say now. Answers older than `max_age` count as none.
[[nodiscard]] ClusterSample sample_of(const ClusterView& view, const PowerTable& power, const UseTable& use, Duration max_age,
                                      Instant now);

class ProductionBooks {
 public:
  // `interval`: of a row; divides an hour. `pace`: between two samples, about.
  ProductionBooks(Duration interval, Duration pace) : interval_(interval), pace_(pace) {}

  void sample(Instant now, ClusterSample sample);
  // What is open is over at the last sample.
  void finish();
  // Nobody tells any more until the next sample, with which a new time begins: this process leads no more.
  void pause() {
    last_.reset();
    power_.reset();
    sources_.clear();
  }
  // What all nodes drew in the time that was last booked; of the unknown ones nothing is in it. Empty: none was.
  struct Power {
    double watts = 0;
    double all_on_watts = 0;
    std::size_t unknown = 0;  // nodes
  };
  [[nodiscard]] const std::optional<Power>& power() const { return power_; }
  // By node: what that was known by: a meter's name, "model", or "none".
  [[nodiscard]] const std::map<std::string, std::string>& sources() const { return sources_; }
  // The rows of intervals that are over.
  [[nodiscard]] LedgerRows take();

 private:
  struct Drawn {
    std::string source;
    EnergyClass cls = EnergyClass::Absent;
    bool input = true;
    double joules = 0;
  };
  // Rows of the interval that is not over, of one node.
  struct Open {
    std::vector<EnergyRow> rows;
    std::map<std::pair<ObjectKey, std::string>, ShareRow> shares;  // by VM and source
  };
  // What one meter said of a node that was on and empty: the newest, a ring.
  struct IdleReadings {
    bool input = true;  // at the wall
    std::vector<double> watts;
    std::size_t next = 0;
    Instant last{};
    std::optional<double> median;  // of them, once it was asked for
  };
  using Parts = std::map<std::pair<std::string, std::string>, double>;  // by enclosure and node
  void book(Instant from, Instant until, const ClusterSample& before, const ClusterSample& after);
  // In the order of before's nodes.
  [[nodiscard]] std::vector<Drawn> drawn_by_all(const ClusterSample& before, const ClusterSample& after, double seconds) const;
  [[nodiscard]] Drawn drawn_by(const NodeSample& node, const NodeSample* after, const Parts& parts, double seconds) const;
  [[nodiscard]] Parts parts_of(const ClusterSample& sample) const;
  void add(Instant from, Instant until, const NodeSample& node, const Drawn& drawn, Open& open);
  static void add_shares(Instant from, Instant until, const NodeSample& node, const Drawn& drawn, Open& open);
  void show(const ClusterSample& before, const std::vector<Drawn>& drawn, double seconds);
  void note(Instant now, const ClusterSample& sample);
  void forget_gone(Instant now, const ClusterSample& sample);
  // What the node's meter covers besides it, also while that meter sees nobody else there; "": nothing.
  [[nodiscard]] std::string enclosure_of(const NodeSample& node) const;
  // Of the meter that was read last, of those that were read for long enough, with its median.
  [[nodiscard]] const IdleReadings* metered_idle(const std::string& node);
  void close(Instant now);

  Duration interval_;
  Duration pace_;
  std::optional<std::pair<Instant, ClusterSample>> last_;
  std::map<std::string, std::map<std::string, IdleReadings>> idle_;       // by node and source
  std::map<std::string, std::map<std::string, std::string>> enclosures_;  // by node and source: what that meter told of
  std::map<std::string, Open> open_;                                      // by node
  Instant open_until_{};                                                  // the end of the interval of what is open
  LedgerRows done_;
  std::optional<Power> power_;
  std::map<std::string, std::string> sources_;
};

}  // namespace drover
