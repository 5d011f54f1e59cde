#include "adapters/metal3/host.h"

#include "adapters/json_common/fields.h"

namespace drover::metal3 {
namespace {

using nlohmann::json;

constexpr std::string_view kPaused = "baremetalhost.metal3.io/paused";
constexpr std::string_view kDetached = "baremetalhost.metal3.io/detached";
constexpr std::string_view kRebootPrefix = "reboot.metal3.io/";
constexpr std::string_view kPowerError = "power management error";
// While the host controller goes over from a soft shutdown that was not heeded to a hard one, which it does by itself.
constexpr std::string_view kGoingOn = "Continuing with hard poweroff after soft poweroff fails";

std::optional<bool> flag(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_boolean() ? std::optional(at->get<bool>()) : std::nullopt;
}

bool is_stable(const Host& host) {
  return host.state == "provisioned" || host.state == "externally provisioned";
}

// The host controller ends the machine hard now, as it does when a soft shutdown was not heeded.
bool is_going_hard(const Host& host) {
  return host.online == false && host.error_type == kPowerError && host.error_message.find(kGoingOn) != std::string::npos;
}

std::string quoted(const std::string& text) {
  constexpr std::size_t kMost = 200;
  return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
}

Error refuse(const Host& host, ErrorClass cls, const std::string& why) {
  return {cls, "BareMetalHost " + to_string(host.key) + " " + why};
}

// What stands against any request.
Status is_switched_at_all(const Host& host) {
  if (host.deleting) return refuse(host, ErrorClass::Invalid, "is being deleted, and its machine with it; it is left alone");
  if (host.paused) {
    return refuse(host, ErrorClass::Invalid,
                  "is paused, so nobody switches it: take its annotation " + std::string(kPaused) + " off");
  }
  if (host.detached) {
    return refuse(host, ErrorClass::Invalid,
                  "is detached, so its operator does not switch it: take its annotation " + std::string(kDetached) +
                      " off, or write driver: {type: Redfish} in the PowerProfile");
  }
  if (is_stable(host)) return ok();
  const bool passing =
      host.state == "provisioning" || host.state == "preparing" || host.state == "registering" || host.state == "inspecting";
  return refuse(host, passing ? ErrorClass::Retryable : ErrorClass::Invalid,
                "is in state \"" + host.state +
                    "\", in which spec.online is not heeded; it must be provisioned or externally provisioned" +
                    (passing ? "" : ": a host without its image is no node's"));
}

Status may_go_off(const Host& host) {
  if (host.disable_power_off) {
    return refuse(
        host, ErrorClass::Invalid,
        "has spec.disablePowerOff, by which it would be rebooted instead: set that to false, or write driver: {type: None}");
  }
  if (!host.held_off_by.empty()) {
    return refuse(host, ErrorClass::Retryable,
                  "is being restarted or kept off by someone else (annotation " + host.held_off_by.front() + ")");
  }
  if (is_going_hard(host)) return ok();  // it has been asked for already
  if (!host.error_type.empty()) {
    return refuse(host, ErrorClass::Retryable,
                  "has status.errorType \"" + host.error_type + "\"; that must be gone first: " + quoted(host.error_message));
  }
  if (host.operational_status == "servicing" || host.operational_status == "delayed") {
    return refuse(host, ErrorClass::Retryable, "has status.operationalStatus " + host.operational_status + "; it must be OK first");
  }
  if (!host.operational_status.empty() && host.operational_status != "OK") {
    return refuse(
        host, ErrorClass::Invalid,
        "has status.operationalStatus " + host.operational_status + ", which a person must look into; it must be OK first");
  }
  return ok();
}

}  // namespace

Result<Host> read_host(std::string_view text_of_host) {
  const json root = json::parse(text_of_host, nullptr, false);
  if (!root.is_object() || text(root, "kind") != "BareMetalHost") {
    return Error{ErrorClass::Invalid, "the answer to a read of a BareMetalHost is none"};
  }
  const json& metadata = member(root, "metadata");
  const json& spec = member(root, "spec");
  const json& status = member(root, "status");
  Host host;
  host.key = {text(metadata, "namespace"), text(metadata, "name")};
  host.uid = text(metadata, "uid");
  host.resource_version = text(metadata, "resourceVersion");
  host.deleting = metadata.contains("deletionTimestamp");
  for (const auto& [name, value] : member(metadata, "annotations").items()) {
    if (name == kPaused) host.paused = true;
    if (name == kDetached) host.detached = true;
    if (name.starts_with(kRebootPrefix) || name == "reboot.metal3.io") host.held_off_by.push_back(name);
  }
  host.online = flag(spec, "online");
  host.disable_power_off = flag(spec, "disablePowerOff").value_or(false);
  host.consumer = text(member(spec, "consumerRef"), "name");
  host.state = text(member(status, "provisioning"), "state");
  host.operational_status = text(status, "operationalStatus");
  host.detached = host.detached || host.operational_status == "detached";
  host.error_type = text(status, "errorType");
  host.error_message = text(status, "errorMessage");
  host.powered_on = flag(status, "poweredOn");
  return host;
}

Status permits(const Host& host, PowerRequest request) {
  const Status at_all = is_switched_at_all(host);
  return !at_all || request == PowerRequest::On ? at_all : may_go_off(host);
}

Powered powered(const Host& host) {
  const bool well = host.error_type.empty() && (host.operational_status.empty() || host.operational_status == "OK");
  if (!is_switched_at_all(host) || !well || !host.powered_on) return Powered::Unknown;
  return *host.powered_on ? Powered::On : Powered::Off;
}

std::string remark(const Host& host) {
  if (const auto at_all = is_switched_at_all(host); !at_all) return at_all.error().message;
  const std::string name = "BareMetalHost " + to_string(host.key);
  if (is_going_hard(host)) return name + " did not heed the soft shutdown; its power is being taken away";
  if (!host.held_off_by.empty()) return name + " is kept off by someone's annotation " + host.held_off_by.front();
  if (!host.error_type.empty()) return name + " has status.errorType \"" + host.error_type + "\": " + quoted(host.error_message);
  if (host.operational_status == "servicing") return name + " is being serviced; it may take long to come up";
  return {};
}

std::string annotation_of(std::string_view object, const std::string& name) {
  const json root = json::parse(object, nullptr, false);
  return root.is_object() ? text(member(member(root, "metadata"), "annotations"), name.c_str()) : std::string();
}

}  // namespace drover::metal3
