#include "adapters/libvirt/libvirt_driver.h"

#include "adapters/libvirt/domain.h"
#include "adapters/libvirt/host_suspend.h"
#include "adapters/libvirt/uri.h"

namespace drover::libvirt {
namespace {

constexpr Duration kSilentFor = seconds{60};

Result<std::string> uri_of(const NodeDriver& target, const LibvirtSettings& settings) {
  std::string uri = for_node(settings.uri, target.node->name);
  if (const auto checked = check_uri(uri); !checked)
    return Error{checked.error().cls, "PowerProfile " + target.profile->name + ": " + checked.error().message};
  return uri;
}

const LibvirtSettings& settings_of(const NodeDriver& target) {
  static const LibvirtSettings none;
  const auto* settings = std::get_if<LibvirtSettings>(&target.profile->settings);
  return settings != nullptr ? *settings : none;
}

Wanted wanted(const NodeDriver& target, const LibvirtSettings& settings) {
  return {target.node->name, target.node->system_uuid, for_node(settings.domain, target.node->name)};
}

bool was_switched_off(NodeLife life) {
  return life == NodeLife::PoweringOff || life == NodeLife::Asleep || life == NodeLife::Waking;
}

}  // namespace

Result<PowerAnswer> LibvirtDriver::state(const NodeDriver& target, std::stop_token stop) {
  const LibvirtSettings& settings = settings_of(target);
  const auto uri = uri_of(target, settings);
  if (!uri) return uri.error();
  if (settings.suspend) return state_of_host(target, *uri, *settings.suspend, stop);
  return connections_.ask<PowerAnswer>(
      *uri,
      [who = wanted(target, settings)](virConnectPtr connection) -> Result<PowerAnswer> {
        const auto domain = find_domain(connection, who);
        return domain ? libvirt::state_of(domain->get()) : domain.error();
      },
      stop);
}

Status LibvirtDriver::switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) {
  const LibvirtSettings& settings = settings_of(target);
  const auto uri = uri_of(target, settings);
  if (!uri) return uri.error();
  if (settings.suspend) return switch_host(target, *uri, *settings.suspend, request, stop);
  return connections_.ask<Unit>(
      *uri,
      [who = wanted(target, settings), request](virConnectPtr connection) -> Status {
        const auto domain = find_domain(connection, who);
        return domain ? switch_domain(domain->get(), request) : Status(domain.error());
      },
      stop);
}

// A host that can't be suspended is an error while it is on, so that its node is not emptied for it.
Result<PowerAnswer> LibvirtDriver::state_of_host(const NodeDriver& target, const std::string& uri, const HostSuspend& suspend,
                                                 const std::stop_token& stop) {
  const auto can = connections_.ask<Unit>(
      uri, [way = suspend.target](virConnectPtr connection) { return can_suspend(connection, way); }, stop);
  const bool answered = can || can.error().cls == ErrorClass::Invalid;
  const Duration now = clock_.monotonic();
  const MutexLock lock(mutex_);
  const auto asleep = asleep_.find(target.node->uid);
  if (!answered) {
    const bool expected = asleep != asleep_.end() && now - asleep->second.since >= kSilentFor && now < asleep->second.until &&
                          was_switched_off(target.node->marks.life) && !target.node->ready;
    if (!expected) return can.error();
    return PowerAnswer{.state = Powered::Off,
                       .meter = {},
                       .remark = "its host was suspended and answers nobody; it wakes by itself in " +
                                 to_string(std::chrono::ceil<seconds>(asleep->second.until - now))};
  }
  if (asleep != asleep_.end() && now - asleep->second.since >= kSilentFor) asleep_.erase(asleep);
  if (!can) return can.error();
  return PowerAnswer{.state = Powered::On, .meter = {}, .remark = {}};
}

Status LibvirtDriver::switch_host(const NodeDriver& target, const std::string& uri, const HostSuspend& suspend,
                                  PowerRequest request, const std::stop_token& stop) {
  if (request == PowerRequest::ForceOff) {
    return Error{ErrorClass::Invalid, "node " + target.node->name + " can't be forced off: PowerProfile " + target.profile->name +
                                          " suspends its host, and a host that does not suspend is left on"};
  }
  if (request == PowerRequest::On) {
    auto answers = connections_.ask<Unit>(
        uri, [](virConnectPtr) { return ok(); }, stop);
    if (answers) return answers;
    return Error{ErrorClass::Retryable,
                 "node " + target.node->name + " can't be woken, its host wakes by its own clock " + to_string(suspend.wake_after) +
                     " after it was suspended (driver.libvirt.suspend.wakeAfter): " + answers.error().message};
  }
  auto done = connections_.ask<Unit>(
      uri, [suspend](virConnectPtr connection) { return suspend_host(connection, suspend); }, stop);
  // Suspended before it could answer, perhaps.
  if (done || done.error().cls == ErrorClass::Retryable) {
    const Duration now = clock_.monotonic();
    const MutexLock lock(mutex_);
    asleep_.try_emplace(target.node->uid, Asleep{now, now + suspend.wake_after});
  }
  return done;
}

}  // namespace drover::libvirt
