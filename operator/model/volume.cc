#include "model/volume.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace drover {
namespace {

// Labels that volumes are in a zone or region by, and what today's nodes call them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kZoneLabels = {
    {{"failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"},
     {"failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"},
     {"topology.kubernetes.io/zone", "topology.kubernetes.io/zone"},
     {"topology.kubernetes.io/region", "topology.kubernetes.io/region"}}};

const std::string* zone_of(const Node& node, std::string_view label) {
  if (const std::string* value = node.labels.find(label)) return value;
  const auto* const known =
      std::find_if(kZoneLabels.begin(), kZoneLabels.end(), [&](const auto& entry) { return entry.first == label; });
  return known == kZoneLabels.end() ? nullptr : node.labels.find(known->second);
}

}  // namespace

bool VolumeTraits::reaches(const Node& node) const {
  return !node_affinity || std::any_of(node_affinity->begin(), node_affinity->end(),
                                       [&](const NodeSelectorTerm& term) { return term.matches(node); });
}

bool VolumeTraits::is_in_zone_of(const Node& node) const {
  const bool has_zone = std::any_of(kZoneLabels.begin(), kZoneLabels.end(),
                                    [&](const auto& entry) { return node.labels.find(entry.first) != nullptr; });
  return !has_zone || std::all_of(zones.begin(), zones.end(), [&](const Requirement& zone) {
    const std::string* value = zone_of(node, zone.key);
    return value != nullptr && std::find(zone.values.begin(), zone.values.end(), *value) != zone.values.end();
  });
}

bool operator==(const Volume& a, const Volume& b) {
  if (a.handle != b.handle) return false;
  if (a.traits == b.traits) return true;
  return a.traits != nullptr && b.traits != nullptr && *a.traits == *b.traits;
}

}  // namespace drover
