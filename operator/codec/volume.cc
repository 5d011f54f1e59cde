#include "codec/volume.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/hash.h"
#include "codec/json_value.h"
#include "codec/scheduling.h"

namespace drover {
namespace {

constexpr std::string_view kBindCompleted = "pv.kubernetes.io/bind-completed";
constexpr std::string_view kBetweenZones = "__";  // in the label of a volume that is in several

// The zones that a label's value names; one of them empty: none, as in Kubernetes (cloud-provider LabelZonesToSet).
std::vector<std::string> zones_of(std::string_view value) {
  std::vector<std::string> zones;
  while (true) {
    const std::size_t end = value.find(kBetweenZones);
    if (end == 0 || value.empty()) return {};
    zones.emplace_back(value.substr(0, end));
    if (end == std::string_view::npos) return zones;
    value.remove_prefix(end + kBetweenZones.size());
  }
}

std::vector<Requirement> read_zones(const Labels& labels) {
  static constexpr std::array<std::string_view, 4> kKeys = {"failure-domain.beta.kubernetes.io/zone",
                                                            "failure-domain.beta.kubernetes.io/region",
                                                            "topology.kubernetes.io/zone", "topology.kubernetes.io/region"};
  std::vector<Requirement> zones;
  for (const std::string_view key : kKeys) {
    const std::string* value = labels.find(key);
    if (value == nullptr) continue;
    std::vector<std::string> names = zones_of(*value);
    if (!names.empty()) zones.push_back({.key = std::string(key), .op = Requirement::Operator::In, .values = std::move(names)});
  }
  return zones;
}

void read_csi(JsonValue csi, Volume& volume, VolumeTraits& traits) {
  std::string driver;
  std::string handle;
  csi.each_field([&](std::string_view key, JsonValue value) {
    if (key == "driver") driver = value.string();
    if (key == "volumeHandle") handle = value.string();
  });
  if (driver.empty() || handle.empty()) return;
  traits.csi_driver = std::move(driver);
  volume.handle = stable_hash(handle);
}

}  // namespace

std::uint64_t hash_of(const VolumeTraits& traits) {
  std::uint64_t hash = stable_hash(traits.csi_driver);
  const auto add = [&](const std::vector<Requirement>& requirements) {
    for (const Requirement& requirement : requirements) hash = stable_hash(to_string(requirement), hash);
  };
  add(traits.zones);
  if (!traits.node_affinity) return hash;
  for (const NodeSelectorTerm& term : *traits.node_affinity) add(term.expressions);
  return hash;
}

VolumeClaim read_volume_claim(JsonValue object) {
  VolumeClaim claim;
  bool bound = false;
  bool lost = false;
  bool deleting = false;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      const Metadata meta = read_metadata(value, Keep::None, [](std::string_view name) { return name == kBindCompleted; });
      bound = meta.annotations.find(kBindCompleted) != nullptr;
      deleting = meta.terminating;
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "volumeName") claim.volume = field.string();
      });
    } else if (key == "status") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "phase") lost = field.text() == "Lost";
      });
    }
  });
  if (bound && !claim.volume.empty()) claim.state = VolumeClaim::State::Bound;
  if (deleting) claim.state = VolumeClaim::State::Deleting;
  if (lost) claim.state = VolumeClaim::State::Lost;
  return claim;
}

Volume read_volume(JsonValue object, VolumeTraitsPool& pool) {
  Volume volume;
  VolumeTraits traits;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      traits.zones = read_zones(read_metadata(value, Keep::All, no_annotations).labels);
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "csi") read_csi(field, volume, traits);
        if (name != "nodeAffinity") return;
        field.each_field([&](std::string_view part, JsonValue selector) {
          if (part == "required") traits.node_affinity = read_node_terms(selector);
        });
      });
    }
  });
  if (traits != VolumeTraits{}) volume.traits = pool.intern(std::move(traits));
  return volume;
}

CsiNode read_csi_node(JsonValue object) {
  CsiNode node;
  const auto read_driver = [&](JsonValue driver) {
    std::string name;
    std::optional<std::int64_t> count;
    driver.each_field([&](std::string_view key, JsonValue value) {
      if (key == "name") name = value.string();
      if (key != "allocatable") return;
      value.each_field([&](std::string_view field, JsonValue figure) {
        if (field == "count") count = figure.integer();
      });
    });
    if (count) node.limits[name] = *count;
    node.drivers.insert(std::move(name));
  };
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      (void)read_metadata(value, Keep::None, no_annotations);
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue drivers) {
        if (name == "drivers") drivers.each_item(read_driver);
      });
    }
  });
  return node;
}

}  // namespace drover
