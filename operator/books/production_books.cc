#include "books/production_books.h"

#include <algorithm>
#include <utility>

#include "books/power_draw.h"

namespace drover {
namespace {

constexpr double kLeastStandbyWatts = 1;
constexpr double kMostStandbyOfIdle = 0.15;
constexpr std::size_t kMostIdleReadings = 2880;
constexpr Duration kIdleFor = hours{24};

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

// What each node that shares a meter has of it, by what the model says of them; a node that has one to itself is not among them.
std::map<std::string, double> parts_of(const ClusterSample& sample) {
  std::map<std::string, std::vector<std::pair<std::string, double>>> enclosures;
  for (const NodeSample& node : sample.nodes) {
    if (!node.meter || node.meter->enclosure.empty()) continue;
    enclosures[node.meter->enclosure].emplace_back(node.name, modelled_watts(node).value_or(node.power.idle_watts()));
  }
  std::map<std::string, double> parts;
  for (const auto& [enclosure, nodes] : enclosures) {
    double all = 0;
    for (const auto& [node, watts] : nodes) all += watts;
    for (const auto& [node, watts] : nodes) parts[node] = all > 0 ? watts / all : 1.0 / static_cast<double>(nodes.size());
  }
  return parts;
}

bool counts(const NodeSample& node, double watts) {
  if (node.state != EnergyState::Standby) return watts > 0;
  return watts >= kLeastStandbyWatts && watts <= kMostStandbyOfIdle * node.power.idle_watts();
}

const NodeSample* find(const ClusterSample& sample, const std::string& name) {
  for (const NodeSample& node : sample.nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

Instant end_of(Instant at, Duration interval) {
  return Instant{(at.time_since_epoch() / interval + 1) * interval};
}

}  // namespace

void ProductionBooks::sample(Instant now, ClusterSample sample) {
  note_idle(sample);
  if (last_ && now > last_->first) book(last_->first, now, last_->second, sample);
  last_.emplace(now, std::move(sample));
  close(now);
}

LedgerRows ProductionBooks::take() {
  return std::exchange(done_, {});
}

void ProductionBooks::note_idle(const ClusterSample& sample) {
  for (const NodeSample& node : sample.nodes) {
    if (!node.known || node.state != EnergyState::On || node.vms > 0 || !node.meter || !node.meter->enclosure.empty() ||
        !(node.meter->watts > 0))
      continue;
    std::vector<double>& watts = idle_watts_[node.name];
    if (watts.size() >= kMostIdleReadings) watts.erase(watts.begin());
    watts.push_back(node.meter->watts);
  }
}

std::optional<double> ProductionBooks::metered_idle(const std::string& node) const {
  const auto at = idle_watts_.find(node);
  if (at == idle_watts_.end() || pace_ * at->second.size() < kIdleFor) return std::nullopt;
  std::vector<double> watts = at->second;
  const auto middle = watts.begin() + static_cast<std::ptrdiff_t>(watts.size() / 2);
  std::nth_element(watts.begin(), middle, watts.end());
  return *middle;
}

void ProductionBooks::book(Instant from, Instant until, const ClusterSample& before, const ClusterSample& after) {
  const std::map<std::string, double> parts = parts_of(before);
  const double seconds = to_seconds(until - from);
  for (const NodeSample& node : before.nodes) {
    const Drawn drawn = drawn_by(node, find(after, node.name), parts, seconds);
    for (Instant at = from; at < until;) {
      const Instant end = std::min(until, end_of(at, interval_));
      Drawn piece = drawn;
      piece.joules *= to_seconds(end - at) / seconds;
      close(at);
      add(at, end, node, piece);
      add_shares(at, end, before, node, piece);
      at = end;
    }
  }
}

ProductionBooks::Drawn ProductionBooks::drawn_by(const NodeSample& node, const NodeSample* after,
                                                 const std::map<std::string, double>& parts, double seconds) const {
  if (node.meter && after != nullptr && after->meter && after->meter->source == node.meter->source &&
      after->meter->enclosure == node.meter->enclosure) {
    const auto part = parts.find(node.name);
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

void ProductionBooks::add(Instant from, Instant until, const NodeSample& node, const Drawn& drawn) {
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
    if (node.utilization && *node.utilization >= 1) row.overloaded_seconds = seconds;
  } else {
    const auto idle = metered_idle(node.name);
    row.baseline = idle ? EnergyClass::Measured : EnergyClass::Modelled;
    row.joules = drawn.joules;
    row.all_on_joules = idle.value_or(node.power.idle_watts()) * seconds;
  }
  for (EnergyRow& open : open_) {
    if (open.until != row.from || open.node != row.node || open.policy != row.policy || open.state != row.state ||
        open.source != row.source || open.cls != row.cls || open.baseline != row.baseline || open.profile != row.profile)
      continue;
    open.until = row.until;
    open.joules += row.joules;
    open.all_on_joules += row.all_on_joules;
    open.overloaded_seconds += row.overloaded_seconds;
    return;
  }
  open_.push_back(std::move(row));
}

void ProductionBooks::add_shares(Instant from, Instant until, const ClusterSample& sample, const NodeSample& node,
                                 const Drawn& drawn) {
  if (node.state != EnergyState::On || drawn.cls == EnergyClass::Absent || node.vms == 0) return;
  const double seconds = to_seconds(until - from);
  const double idle = std::min(drawn.joules, node.power.idle_watts() * seconds);
  double used = 0;
  for (const VmSample& vm : sample.vms) used += vm.node == node.name ? vm.cpu : 0;
  for (const VmSample& vm : sample.vms) {
    if (vm.node != node.name) continue;
    ShareRow& row = open_shares_[{vm.vm, drawn.source}];
    if (row.vm.name.empty()) {
      row.from = from;
      row.vm = vm.vm;
      row.source = drawn.source;
      row.cls = drawn.cls;
    }
    row.until = until;
    row.joules += idle / static_cast<double>(node.vms) + (used > 0 ? (drawn.joules - idle) * vm.cpu / used : 0);
    row.served += vm.cpu * seconds;
  }
}

// Rows of intervals that are over at that time.
void ProductionBooks::close(Instant now) {
  std::erase_if(open_, [&](EnergyRow& row) {
    if (end_of(row.from, interval_) > now) return false;
    done_.energy.push_back(std::move(row));
    return true;
  });
  std::erase_if(open_shares_, [&](auto& entry) {
    if (end_of(entry.second.from, interval_) > now) return false;
    done_.shares.push_back(std::move(entry.second));
    return true;
  });
}

}  // namespace drover
