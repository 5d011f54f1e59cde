#include "books/production_books.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "books/books.h"
#include "books/power_draw.h"

namespace drover {
namespace {

constexpr double kLeastStandbyWatts = 1;
constexpr double kMostStandbyOfIdle = 0.15;
constexpr std::size_t kMostIdleReadings = 2880;
constexpr Duration kIdleFor = hours{24};
constexpr Duration kIdleIsKept = hours{24};  // of a node that is gone: it may come again

PowerState power_state(EnergyState state) {
  switch (state) {
    case EnergyState::On: return PowerState::On;
    case EnergyState::Standby: return PowerState::Off;
    case EnergyState::Boot: return PowerState::Booting;
    case EnergyState::Shutdown: return PowerState::ShuttingDown;
  }
  return PowerState::On;
}

std::optional<double> modelled_watts(const NodeSample& node) {
  if (!node.known) return std::nullopt;
  if (node.state != EnergyState::On) return drawn_watts(node.power, power_state(node.state), 0);
  if (!node.utilization) return std::nullopt;
  return drawn_watts(node.power, *node.utilization);
}

bool counts(const NodeSample& node, double watts) {
  if (node.state != EnergyState::Standby) return watts > 0;
  return watts >= kLeastStandbyWatts && watts <= kMostStandbyOfIdle * node.power.idle_watts();
}

bool by_name(const NodeSample& a, const NodeSample& b) {
  return a.name < b.name;
}

Instant end_of(Instant at, Duration interval) {
  return Instant{(at.time_since_epoch() / interval + 1) * interval};
}

}  // namespace

void ProductionBooks::sample(Instant now, ClusterSample sample) {
  if (!std::is_sorted(sample.nodes.begin(), sample.nodes.end(), by_name))
    std::sort(sample.nodes.begin(), sample.nodes.end(), by_name);
  note(now, sample);
  forget_gone(now, sample);
  if (last_ && now > last_->first) book(last_->first, now, last_->second, sample);
  last_.emplace(now, std::move(sample));
  close(now);
}

LedgerRows ProductionBooks::take() {
  return std::exchange(done_, {});
}

// Who shares a meter with whom, and what nodes draw that are on and empty.
void ProductionBooks::note(Instant now, const ClusterSample& sample) {
  for (const NodeSample& node : sample.nodes) {
    if (!node.meter) continue;
    if (!node.meter->enclosure.empty()) enclosures_[node.name][node.meter->source] = node.meter->enclosure;
    if (!enclosure_of(node).empty()) continue;
    if (!node.known || node.state != EnergyState::On || node.vms > 0 || !(node.meter->watts > 0)) continue;
    IdleReadings& idle = idle_[node.name][node.meter->source];
    idle.input = node.meter->input;
    if (idle.watts.size() < kMostIdleReadings) {
      idle.watts.push_back(node.meter->watts);
    } else {
      idle.watts[idle.next] = node.meter->watts;
      idle.next = (idle.next + 1) % kMostIdleReadings;
    }
    idle.last = now;
    idle.median.reset();
  }
}

// Names that come and go, as autoscalers make them, are not kept for ever.
void ProductionBooks::forget_gone(Instant now, const ClusterSample& sample) {
  const auto is_gone = [&](const std::string& name) {
    const auto at = std::lower_bound(sample.nodes.begin(), sample.nodes.end(), name,
                                     [](const NodeSample& node, const std::string& wanted) { return node.name < wanted; });
    return at == sample.nodes.end() || at->name != name;
  };
  const auto is_old = [&](const auto& idle) { return now - idle.second.last > kIdleIsKept; };
  std::erase_if(enclosures_, [&](const auto& entry) { return is_gone(entry.first); });
  std::erase_if(idle_, [&](const auto& entry) {
    return is_gone(entry.first) && std::all_of(entry.second.begin(), entry.second.end(), is_old);
  });
}

std::string ProductionBooks::enclosure_of(const NodeSample& node) const {
  if (!node.meter) return "";
  if (!node.meter->enclosure.empty()) return node.meter->enclosure;
  const auto at = enclosures_.find(node.name);
  if (at == enclosures_.end()) return "";
  const auto told = at->second.find(node.meter->source);
  return told == at->second.end() ? "" : told->second;
}

// Meters measure different things.
const ProductionBooks::IdleReadings* ProductionBooks::metered_idle(const std::string& node) {
  const auto at = idle_.find(node);
  if (at == idle_.end()) return nullptr;
  IdleReadings* newest = nullptr;
  for (auto& [source, idle] : at->second) {
    if (pace_ * idle.watts.size() >= kIdleFor && (newest == nullptr || idle.last > newest->last)) newest = &idle;
  }
  if (newest == nullptr) return nullptr;
  if (!newest->median) {
    std::vector<double> watts = newest->watts;
    const auto middle = watts.begin() + static_cast<std::ptrdiff_t>(watts.size() / 2);
    std::nth_element(watts.begin(), middle, watts.end());
    newest->median = *middle;
  }
  return newest;
}

// What each node that shares a meter has of it, by what the model says of all that do; a node that has one to itself is not among
// them.
ProductionBooks::Parts ProductionBooks::parts_of(const ClusterSample& sample) const {
  std::map<std::string, std::vector<std::pair<std::string, double>>> enclosures;
  for (const NodeSample& node : sample.nodes) {
    const auto at = enclosures_.find(node.name);
    if (at == enclosures_.end()) continue;
    std::set<std::string> told;
    for (const auto& [source, enclosure] : at->second) told.insert(enclosure);
    for (const std::string& enclosure : told)
      enclosures[enclosure].emplace_back(node.name, modelled_watts(node).value_or(node.power.idle_watts()));
  }
  Parts parts;
  for (const auto& [enclosure, nodes] : enclosures) {
    double all = 0;
    for (const auto& [node, watts] : nodes) all += watts;
    for (const auto& [node, watts] : nodes)
      parts[{enclosure, node}] = all > 0 ? watts / all : 1.0 / static_cast<double>(nodes.size());
  }
  return parts;
}

void ProductionBooks::book(Instant from, Instant until, const ClusterSample& before, const ClusterSample& after) {
  const double seconds = to_seconds(until - from);
  const std::vector<Drawn> drawn = drawn_by_all(before, after, seconds);
  show(before, drawn, seconds);
  for (Instant at = from; at < until;) {
    close(at);
    open_until_ = end_of(at, interval_);
    const Instant end = std::min(until, open_until_);
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      Drawn piece = drawn[i];
      piece.joules *= to_seconds(end - at) / seconds;
      Open& open = open_[before.nodes[i].name];
      add(at, end, before.nodes[i], piece, open);
      add_shares(at, end, before.nodes[i], piece, open);
    }
    at = end;
  }
}

void ProductionBooks::show(const ClusterSample& before, const std::vector<Drawn>& drawn, double seconds) {
  Power power;
  sources_.clear();
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    const NodeSample& node = before.nodes[i];
    sources_.emplace_hint(sources_.end(), node.name, drawn[i].source);
    if (drawn[i].cls == EnergyClass::Absent) {
      ++power.unknown;
      continue;
    }
    const double watts = drawn[i].joules / seconds;
    power.watts += watts;
    const IdleReadings* idle = metered_idle(node.name);
    power.all_on_watts += node.state == EnergyState::On ? watts : idle != nullptr ? *idle->median : node.power.idle_watts();
  }
  power_ = power;
}

std::vector<ProductionBooks::Drawn> ProductionBooks::drawn_by_all(const ClusterSample& before, const ClusterSample& after,
                                                                  double seconds) const {
  const Parts parts = parts_of(before);
  std::vector<Drawn> drawn;
  drawn.reserve(before.nodes.size());
  auto then = after.nodes.begin();  // both are by name
  for (const NodeSample& node : before.nodes) {
    while (then != after.nodes.end() && then->name < node.name) ++then;
    const bool is_there = then != after.nodes.end() && then->name == node.name;
    drawn.push_back(drawn_by(node, is_there ? &*then : nullptr, parts, seconds));
  }
  return drawn;
}

ProductionBooks::Drawn ProductionBooks::drawn_by(const NodeSample& node, const NodeSample* after, const Parts& parts,
                                                 double seconds) const {
  if (node.meter && after != nullptr && after->meter && after->meter->source == node.meter->source &&
      enclosure_of(*after) == enclosure_of(node)) {
    const auto part = parts.find({enclosure_of(node), node.name});
    const double share = part == parts.end() ? 1 : part->second;
    Drawn drawn{.source = node.meter->source,
                .cls = node.meter->input && part == parts.end() ? EnergyClass::Measured : EnergyClass::Derived,
                .input = node.meter->input};
    const auto& begin = node.meter->joules_total;
    const auto& end = after->meter->joules_total;
    if (begin && end && *end >= *begin && counts(node, (*end - *begin) / seconds * share)) {
      drawn.joules = (*end - *begin) * share;
      return drawn;
    }
    const double watts = (node.meter->watts + after->meter->watts) / 2 * share;
    if (seconds <= 2 * to_seconds(pace_) && counts(node, watts)) {
      drawn.joules = watts * seconds;
      return drawn;
    }
  }
  const auto watts = modelled_watts(node);
  if (!watts) return {.source = "none"};
  return {.source = "model", .cls = EnergyClass::Modelled, .joules = *watts * seconds};
}

void ProductionBooks::add(Instant from, Instant until, const NodeSample& node, const Drawn& drawn, Open& open) {
  const double seconds = to_seconds(until - from);
  EnergyRow row;
  row.from = from;
  row.until = until;
  row.node = node.name;
  row.policy = node.policy;
  row.state = node.state;
  row.source = drawn.source;
  row.cls = drawn.cls;
  row.input = drawn.input;
  row.profile = node.profile;
  if (drawn.cls == EnergyClass::Absent) {
    row.baseline = EnergyClass::Absent;
  } else if (node.state == EnergyState::On) {
    row.baseline = drawn.cls;
    row.joules = drawn.joules;
    row.all_on_joules = drawn.joules;
    if (node.utilization) row.known_load_seconds = seconds;
    if (node.utilization && *node.utilization >= 1) row.overloaded_seconds = seconds;
  } else {
    const IdleReadings* idle = metered_idle(node.name);
    row.baseline = idle == nullptr ? EnergyClass::Modelled : idle->input ? EnergyClass::Measured : EnergyClass::Derived;
    row.joules = drawn.joules;
    row.all_on_joules = (idle != nullptr ? *idle->median : node.power.idle_watts()) * seconds;
  }
  for (EnergyRow& known : open.rows) {
    if (known.until != row.from || known.policy != row.policy || known.state != row.state || known.source != row.source ||
        known.cls != row.cls || known.baseline != row.baseline || known.profile != row.profile)
      continue;
    known.until = row.until;
    known.joules += row.joules;
    known.all_on_joules += row.all_on_joules;
    known.overloaded_seconds += row.overloaded_seconds;
    known.known_load_seconds += row.known_load_seconds;
    return;
  }
  open.rows.push_back(std::move(row));
}

void ProductionBooks::add_shares(Instant from, Instant until, const NodeSample& node, const Drawn& drawn, Open& open) {
  if (node.state != EnergyState::On || drawn.cls == EnergyClass::Absent || node.vms == 0) return;
  const double seconds = to_seconds(until - from);
  const double idle = std::min(drawn.joules, node.power.idle_watts() * seconds);
  double used = 0;
  for (const VmSample& vm : node.used) used += vm.served;
  for (const VmSample& vm : node.used) {
    ShareRow& row = open.shares[{vm.vm, drawn.source}];
    if (row.vm.name.empty()) {
      row.from = from;
      row.vm = vm.vm;
      row.source = drawn.source;
      row.cls = drawn.cls;
    }
    row.until = until;
    row.joules += idle / static_cast<double>(node.vms) + (used > 0 ? (drawn.joules - idle) * vm.served / used : 0);
    row.demanded += vm.demanded * seconds;
    row.served += vm.served * seconds;
    if (vm.copied) row.lost_to_copies += kLostWhileCopied * vm.demanded * seconds;
  }
}

// What is open goes out once its interval is over, or another is begun.
void ProductionBooks::close(Instant now) {
  if (end_of(now, interval_) != open_until_) finish();
}

void ProductionBooks::finish() {
  for (auto& [node, open] : open_) {
    std::move(open.rows.begin(), open.rows.end(), std::back_inserter(done_.energy));
    for (auto& [key, share] : open.shares) done_.shares.push_back(std::move(share));
  }
  open_.clear();
}

}  // namespace drover
