#include "adapters/redfish/visit.h"

#include "adapters/redfish/address.h"
#include "adapters/redfish/reset_type.h"

namespace drover::redfish {
namespace {

constexpr Duration kBetweenReads = seconds{5};

bool is_reached(PowerRequest request, const ComputerSystem& system) {
  return system.powered == (request == PowerRequest::On ? Powered::On : Powered::Off);
}

// Nothing to do: it is there, or on its way. Power is taken away from one that shuts down, too, when that is asked for.
bool needs_no_order(PowerRequest request, const ComputerSystem& system) {
  if (!system.changing) return is_reached(request, system);
  if (request == PowerRequest::On) return system.goes_on;
  return request == PowerRequest::GracefulOff && !system.goes_on;
}

}  // namespace

Error Visit::about_node(const Error& error) const {
  Error told = error;
  told.message = "node " + target_.node->name + ": " + error.message;
  // The port's classes: what an order's refusal is called inside of here, is no one's business outside.
  if (error.cls == ErrorClass::Conflict || error.cls == ErrorClass::UnknownOutcome) told.cls = ErrorClass::Retryable;
  if (error.cls == ErrorClass::NotFound) told.cls = ErrorClass::Retryable;
  return told;
}

Status Visit::find() {
  const auto root = with_.get(std::string(kServiceRoot));
  if (!root) return root.error();
  const auto& settings = std::get<RedfishSettings>(target_.profile->settings);
  auto system = find_system(with_, read_service_root(*root),
                            {.system_id = with_node(settings.system_id, target_.node->name), .uuid = target_.node->system_uuid});
  if (!system) return system.error();
  known_ = {};
  known_.system = std::move(*system);
  return ok();
}

Result<ComputerSystem> Visit::read_known_system() {
  const auto document = with_.get(known_.system);
  if (!document) return document.error();
  return read_computer_system(*document);
}

Result<ComputerSystem> Visit::read_system() {
  const bool was_known = !known_.system.empty();
  if (!was_known) {
    if (const auto found = find(); !found) return about_node(found.error());
  }
  auto system = read_known_system();
  if (!system && was_known && system.error().cls == ErrorClass::NotFound) {
    if (const auto found = find(); !found) return about_node(found.error());
    system = read_known_system();
  }
  if (!system) return about_node(system.error());
  return system;
}

std::optional<MeterReading> Visit::read_meter(const ComputerSystem& system, Duration now) {
  if (!known_.meters) {
    auto meters = find_meters(with_, system.chassis);
    if (meters.empty() && !system.chassis.empty()) return std::nullopt;  // not to be read now
    known_.meters = std::move(meters);
  }
  auto reading = read_meters(with_, *known_.meters, believable(system.powered, target_.profile->model.idle_watts()));
  if (system.powered != Powered::Off || !reading) {
    known_.frozen.forget();
  } else if (known_.frozen.is_frozen(reading->watts, now)) {
    return std::nullopt;
  }
  return reading;
}

Result<ComputerSystem> Visit::read_twice(const ComputerSystem& first) {
  if (!with_.pause(kBetweenReads)) return Error{ErrorClass::Retryable, "no time is left to read its power state twice"};
  auto second = read_known_system();
  if (!second) return second;
  if (first.powered == Powered::Unknown || first.changing || second->powered != first.powered || second->changing) {
    return Error{ErrorClass::Retryable, "its power button toggles, and its power state is not certain"};
  }
  return second;
}

Status Visit::order(PowerRequest request) {
  auto system = read_system();
  if (!system) return system.error();
  if (needs_no_order(request, *system)) return ok();
  std::vector<std::string> allowed = system->reset.allowed;
  if (!system->reset.action_info.empty()) {
    // It may list more; what it lists may depend on the state. An order needs none of it.
    if (const auto info = with_.get(system->reset.action_info)) {
      for (std::string& value : read_action_info(*info)) allowed.push_back(std::move(value));
    }
  }
  if (system->reset.target.empty()) {
    return about_node({ErrorClass::Invalid, "its system " + std::string(last_segment(known_.system)) +
                                                " has no Reset action; write the id " + "of another in driver.redfish.systemID"});
  }
  const auto type = reset_type(request, allowed);
  if (!type) return about_node(type.error());
  if (type->toggles) {
    system = read_twice(*system);
    if (!system) return about_node(system.error());
  }
  const auto taken = with_.post(system->reset.target, {{"ResetType", type->name}});
  if (taken) return ok();
  return settle(request, taken.error());
}

Status Visit::settle(PowerRequest request, const Error& refused) {
  // Denied, or out of reach: asking would end likewise. What was refused or lost may be done all the same: of a system that is off
  // some refuse to take the power away.
  if (refused.cls == ErrorClass::Conflict || refused.cls == ErrorClass::UnknownOutcome || refused.cls == ErrorClass::Retryable) {
    const auto system = read_known_system();
    if (system && needs_no_order(request, *system)) return ok();
  }
  return about_node(refused);
}

}  // namespace drover::redfish
