// ProductionBooks: what the nodes of a live cluster drew, interval by interval, as rows of the ledger.
//
// Told of all nodes and VMs every minute or so, it books the time since it was last told. Of a node in that time, the first of
// these that can be had, and never two together:
//   1. the difference of its meter's counter of energy; one that went back began anew, and does not count;
//   2. its meter's watts at both ends, joined by a straight line; not over more than twice the usual interval;
//   3. its PowerProfile, by the CPU that its VMs use. What VMs use being unknown, the row is Absent: nothing is made up.
// Behind the power supplies, or a share of an enclosure that several nodes sit in (by what the model says of each), is Derived.
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
#include <vector>

#include "model/cluster_view.h"
#include "model/ledger_rows.h"
#include "model/power_table.h"
#include "model/use.h"

namespace drover {

// A node as it is at one moment.
struct NodeSample {
  std::string name;
  std::string policy;  // that marked it, or the one that consolidates
  EnergyState state = EnergyState::On;
  bool known = true;  // whether that is what it is doing: a node that is not Ready and that nobody put to sleep may be anything
  std::optional<MeterReading> meter;
  PowerModel power;
  std::string profile;
  std::size_t vms = 0;
  std::optional<double> utilization;  // by VMs, 0..1; empty: unknown
};
struct VmSample {
  ObjectKey vm;
  std::string node;
  double cpu = 0;  // cores in use
};
struct ClusterSample {
  std::vector<NodeSample> nodes;
  std::vector<VmSample> vms;  // whose use is known
};

// What the view, the power drivers and the figures of use say now. Answers older than `max_age` count as none.
[[nodiscard]] ClusterSample sample_of(const ClusterView& view, const PowerTable& power, const UseTable& use, Duration max_age,
                                      Instant now);

class ProductionBooks {
 public:
  // `interval`: of a row; divides an hour. `pace`: between two samples, about.
  ProductionBooks(Duration interval, Duration pace) : interval_(interval), pace_(pace) {}

  void sample(Instant now, ClusterSample sample);
  // Nobody tells any more until the next sample, with which a new time begins: this process leads no more.
  void pause() { last_.reset(); }
  // The rows of intervals that are over.
  [[nodiscard]] LedgerRows take();

 private:
  struct Drawn {
    std::string source;
    EnergyClass cls = EnergyClass::Absent;
    bool input = true;
    double joules = 0;
  };
  void book(Instant from, Instant until, const ClusterSample& before, const ClusterSample& after);
  [[nodiscard]] Drawn drawn_by(const NodeSample& node, const NodeSample* after, const std::map<std::string, double>& part,
                               double seconds) const;
  void add(Instant from, Instant until, const NodeSample& node, const Drawn& drawn);
  void add_shares(Instant from, Instant until, const ClusterSample& sample, const NodeSample& node, const Drawn& drawn);
  void note_idle(const ClusterSample& sample);
  [[nodiscard]] std::optional<double> metered_idle(const std::string& node) const;
  void close(Instant now);

  Duration interval_;
  Duration pace_;
  std::optional<std::pair<Instant, ClusterSample>> last_;
  std::map<std::string, std::vector<double>> idle_watts_;  // by node: what its meter said while it was on and empty
  std::vector<EnergyRow> open_;
  std::map<std::pair<ObjectKey, std::string>, ShareRow> open_shares_;  // by VM and source
  LedgerRows done_;
};

}  // namespace drover
