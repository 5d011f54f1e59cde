#include "model/power_table.h"

#include <algorithm>

#include "model/use.h"

namespace drover {

std::string_view to_string(Powered powered) {
  switch (powered) {
    case Powered::Unknown: return "unknown";
    case Powered::On: return "on";
    case Powered::Off: return "off";
  }
  return "unknown";
}

Powered PowerTable::state(const std::string& node, Instant not_before) const {
  const auto at = nodes.find(node);
  return at == nodes.end() || at->second.asked < not_before ? Powered::Unknown : at->second.state;
}

bool PowerTable::is_off_for(const std::string& node, Duration apart, Instant not_before) const {
  const auto at = nodes.find(node);
  if (at == nodes.end() || at->second.state != Powered::Off) return false;
  return at->second.asked - std::max(at->second.since, not_before) >= apart;
}

std::string PowerTable::why_unknown(const std::string& node, Instant not_before) const {
  const auto at = nodes.find(node);
  if (at == nodes.end()) return "has not been heard yet";
  if (!at->second.error.empty()) return "can't be asked: " + at->second.error;
  if (at->second.asked < not_before) return "has not been heard since " + to_rfc3339(at->second.asked);
  return "does not know whether it is on";
}

const MeterReading* meter_of(const PowerTable& power, const UseTable& use, const std::string& node, Instant not_before) {
  const auto own = power.nodes.find(node);
  if (own != power.nodes.end() && own->second.asked >= not_before && own->second.meter) return &*own->second.meter;
  if (use.sampled == Instant{} || use.sampled < not_before) return nullptr;
  const auto told = use.meters.find(node);
  return told == use.meters.end() ? nullptr : &told->second;
}

}  // namespace drover
