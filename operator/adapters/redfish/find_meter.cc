#include "adapters/redfish/find_meter.h"

#include "adapters/redfish/find_system.h"

namespace drover::redfish {
namespace {

constexpr std::size_t kMaxChassis = 4;
constexpr std::size_t kMaxSupplies = 16;

std::vector<std::pair<std::string, std::string>> find_supplies(Conversation& with, const std::string& subsystem) {
  std::vector<std::pair<std::string, std::string>> supplies;
  const auto document = with.get(subsystem);
  const std::string collection = document ? link(at(*document, "PowerSupplies")) : "";
  if (collection.empty()) return supplies;
  const auto members = members_of(with, collection);
  if (!members) return supplies;
  for (const std::string& member : *members) {
    const auto supply = with.get(member);
    if (!supply || supplies.size() == kMaxSupplies) continue;
    supplies.emplace_back(member, link(at(*supply, "Metrics")));
  }
  return supplies;
}

std::optional<MeterReading> read_supplies(Conversation& with, const Meter& meter, Believable believable) {
  std::vector<Supply> supplies;
  for (const auto& [supply_link, metrics_link] : meter.supplies) {
    const auto supply = with.get(supply_link);
    if (!supply) return std::nullopt;  // without one of them the sum is too small
    const auto metrics = metrics_link.empty() ? Result<Json>(Json()) : with.get(metrics_link);
    if (!metrics) return std::nullopt;
    supplies.push_back(read_supply(*supply, *metrics));
  }
  return supplies_reading(supplies, meter.chassis, believable, "PowerSubsystem");
}

std::optional<MeterReading> read_meter(Conversation& with, const Meter& meter, Believable believable) {
  if (!meter.chassis.environment.empty()) {
    const auto document = with.get(meter.chassis.environment);
    auto reading = document ? environment_reading(*document, meter.chassis, believable) : std::nullopt;
    if (reading) return reading;
  }
  if (!meter.chassis.power.empty()) {
    const auto document = with.get(meter.chassis.power);
    auto reading = document ? power_reading(*document, meter.chassis, believable) : std::nullopt;
    if (reading) return reading;
  }
  return read_supplies(with, meter, believable);
}

}  // namespace

std::vector<Meter> find_meters(Conversation& with, const std::vector<std::string>& chassis) {
  std::vector<Meter> meters;
  for (const std::string& place : chassis) {
    if (meters.size() == kMaxChassis) break;
    const auto document = with.get(place);
    if (!document) continue;
    Meter meter{read_chassis(*document), {}};
    if (meter.chassis.is_nameless) continue;
    const bool has_better = !meter.chassis.environment.empty() || !meter.chassis.power.empty();
    if (!has_better && !meter.chassis.subsystem.empty()) meter.supplies = find_supplies(with, meter.chassis.subsystem);
    meters.push_back(std::move(meter));
  }
  return meters;
}

std::optional<MeterReading> read_meters(Conversation& with, const std::vector<Meter>& meters, Believable believable) {
  for (const Meter& meter : meters) {
    if (auto reading = read_meter(with, meter, believable)) return reading;
  }
  return std::nullopt;
}

}  // namespace drover::redfish
