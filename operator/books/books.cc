#include "books/books.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace drover {
namespace {

// Demands are sums of many numbers: so close to the capacity counts as all of it.
constexpr double kWhole = 1 - 1e-9;

}  // namespace

std::size_t Books::add_node(std::string name, PowerModel model, double capacity, Instant now) {
  DROVER_CHECK(capacity > 0);
  NodeMeter& meter = nodes_.emplace_back();
  meter.book.name = std::move(name);
  meter.model = std::move(model);
  meter.capacity = capacity;
  meter.since = now;
  return nodes_.size() - 1;
}

std::size_t Books::add_vm(ObjectKey key) {
  vms_.emplace_back().key = std::move(key);
  return vms_.size() - 1;
}

void Books::set_state(std::size_t node, PowerState state, Instant now) {
  NodeMeter& meter = nodes_[node];
  book_up_to(meter, now);
  if (meter.state == state) return;
  if (state == PowerState::Booting) ++meter.book.starts;
  if (state == PowerState::ShuttingDown) ++meter.book.stops;
  meter.state = state;
}

void Books::set_load(std::size_t node, std::vector<VmLoad> loads, Instant now) {
  NodeMeter& meter = nodes_[node];
  book_up_to(meter, now);
  meter.loads = std::move(loads);
  double used = 0;
  double copies = 0;
  meter.wanted = 0;
  for (const VmLoad& load : meter.loads) {
    used += load.served;
    copies += load.copy;
    meter.wanted += load.demand + load.copy;
  }
  meter.utilization = std::min(1.0, (used + copies) / meter.capacity);
  meter.useful_utilization = std::min(1.0, used / meter.capacity);
}

void Books::note_move(std::size_t vm, Duration copying, Duration downtime) {
  VmBook& book = vms_[vm];
  ++book.moves;
  book.migration_seconds += to_seconds(copying);
  book.downtime_seconds += to_seconds(downtime);
}

void Books::close(Instant now) {
  for (NodeMeter& meter : nodes_) book_up_to(meter, now);
  end_ = std::max(end_, now);
}

void Books::book_up_to(NodeMeter& meter, Instant now) {
  DROVER_CHECK(now >= meter.since);
  if (now == meter.since) return;
  const double span = to_seconds(now - meter.since);
  const double watts = drawn_watts(meter.model, meter.state, meter.utilization);
  NodeBook& book = meter.book;
  book.all_on_joules += all_on_watts(meter) * span;
  switch (meter.state) {
    case PowerState::On:
      book.on_joules += watts * span;
      book.on_all_on_joules += all_on_watts(meter) * span;
      book.on_seconds += span;
      if (meter.wanted >= meter.capacity * kWhole) book.overloaded_seconds += span;
      break;
    case PowerState::ShuttingDown:
      book.shutdown_joules += watts * span;
      book.shutdown_seconds += span;
      break;
    case PowerState::Off:
      book.standby_joules += watts * span;
      book.standby_seconds += span;
      break;
    case PowerState::Booting:
      book.boot_joules += watts * span;
      book.boot_seconds += span;
      break;
    case PowerState::Dead: break;
  }
  book_vms(meter, watts, span);
  meter.since = now;
  end_ = std::max(end_, now);
}

void Books::book_vms(const NodeMeter& meter, double watts, double span) {
  double residents = 0;
  double used = 0;
  for (const VmLoad& load : meter.loads) {
    residents += load.resident ? 1 : 0;
    used += load.served + load.copy;
  }
  const bool on = meter.state == PowerState::On;
  const double idle = on ? std::min(watts, meter.model.idle_watts()) : 0;
  const double above = on ? watts - idle : 0;
  for (const VmLoad& load : meter.loads) {
    VmBook& book = vms_[load.vm];
    if (load.resident) {
      book.demanded += load.demand * span;
      book.served += load.served * span;
      if (load.copied) book.lost_to_copies += kLostWhileCopied * load.demand * span;
      book.joules += idle / residents * span;
    }
    if (used > 0) book.joules += above * (load.served + load.copy) / used * span;
  }
}

double Books::all_on_watts(const NodeMeter& meter) {
  if (meter.state == PowerState::Dead) return 0;
  return drawn_watts(meter.model, meter.state == PowerState::On ? meter.useful_utilization : 0);
}

double Books::watts() const {
  double sum = 0;
  for (const NodeMeter& meter : nodes_) sum += drawn_watts(meter.model, meter.state, meter.utilization);
  return sum;
}

double Books::all_on_watts() const {
  double sum = 0;
  for (const NodeMeter& meter : nodes_) sum += all_on_watts(meter);
  return sum;
}

Totals Books::totals() const {
  Totals totals;
  double on_seconds = 0;
  double slatah = 0;
  double ever_on = 0;
  for (const NodeMeter& meter : nodes_) {
    const NodeBook& book = meter.book;
    totals.joules += book.joules();
    totals.standby_joules += book.standby_joules;
    totals.boot_joules += book.boot_joules;
    totals.shutdown_joules += book.shutdown_joules;
    totals.all_on_joules += book.all_on_joules;
    totals.node_starts += book.starts;
    totals.node_stops += book.stops;
    on_seconds += book.on_seconds;
    if (book.on_seconds <= 0) continue;
    slatah += book.overloaded_seconds / book.on_seconds;
    ++ever_on;
  }
  double demanded = 0;
  double served = 0;
  double pdm = 0;
  double ever_demanding = 0;
  for (const VmBook& book : vms_) {
    demanded += book.demanded;
    served += book.served;
    if (book.demanded <= 0) continue;
    pdm += book.lost_to_copies / book.demanded;
    ++ever_demanding;
  }
  totals.saved_joules = totals.all_on_joules - totals.joules;
  totals.slatah = ever_on > 0 ? slatah / ever_on : 0;
  totals.pdm = ever_demanding > 0 ? pdm / ever_demanding : 0;
  totals.slav = totals.slatah * totals.pdm;
  totals.esv = totals.kilowatt_hours() * totals.slav;
  totals.unserved = demanded > 0 ? std::max(0.0, 1 - served / demanded) : 0;
  const double span = to_seconds(end_ - start_);
  totals.active_nodes_mean = span > 0 ? on_seconds / span : 0;
  return totals;
}

}  // namespace drover
