#include "adapters/redfish/resources.h"

namespace drover::redfish {
namespace {

// Hexadecimal digits of a UUID, in lower case; "" when these are not 32, or all the same: firmware that was never told its UUID.
std::string digits_of(std::string_view uuid) {
  std::string digits;
  for (const char c : uuid) {
    if (c == '-') continue;
    const char low = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!((low >= '0' && low <= '9') || (low >= 'a' && low <= 'f'))) return "";
    digits += low;
  }
  return digits.size() == 32 && digits.find_first_not_of(digits.front()) != std::string::npos ? digits : "";
}

std::string swapped(const std::string& digits) {
  constexpr int kOrder[] = {3, 2, 1, 0, 5, 4, 7, 6};  // of the first eight bytes
  std::string other;
  for (const int byte : kOrder) other += digits.substr(static_cast<std::size_t>(byte) * 2, 2);
  return other + digits.substr(16);
}

// A machine that goes down is on until it is off, whoever maps it otherwise; what is not said is unknown.
Powered powered(const std::string& state) {
  if (state == "On" || state == "PoweringOn" || state == "PoweringOff" || state == "Paused") return Powered::On;
  return state == "Off" ? Powered::Off : Powered::Unknown;
}

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> out;
  if (!list.is_array()) return out;
  for (const Json& item : list) {
    if (std::string value = text(item); !value.empty()) out.push_back(std::move(value));
  }
  return out;
}

std::vector<std::string> links(const Json& list) {
  std::vector<std::string> out;
  if (!list.is_array()) return out;
  for (const Json& item : list) {
    if (std::string target = link(item); !target.empty()) out.push_back(std::move(target));
  }
  return out;
}

// iLO 4 writes links in place of Links.
const Json& links_of(const Json& document) {
  const Json& links = at(document, "Links");
  return links.is_object() ? links : at(document, "links");
}

}  // namespace

ServiceRoot read_service_root(const Json& document) {
  const Json& related = links_of(document);
  ServiceRoot root{link(at(document, "Systems")), link(at(document, "Chassis")), link(at(related, "Sessions"))};
  if (root.systems.empty()) root.systems = link(at(related, "Systems"));
  if (root.chassis.empty()) root.chassis = link(at(related, "Chassis"));
  return root;
}

Collection read_collection(const Json& document) {
  Collection collection{links(at(document, "Members")), text(at(document, "Members@odata.nextLink"))};
  if (collection.members.empty()) collection.members = links(at(links_of(document), "Member"));
  if (collection.next.empty()) collection.next = text(at(document, "@odata.nextLink"));
  return collection;
}

ComputerSystem read_computer_system(const Json& document) {
  ComputerSystem system;
  system.id = text(at(document, "Id"));
  system.uuid = text(at(document, "UUID"));
  system.type = text(at(document, "SystemType"));
  const std::string state = text(at(document, "PowerState"));
  system.powered = powered(state);
  system.changing = state == "PoweringOn" || state == "PoweringOff";
  system.goes_on = state == "PoweringOn";
  // Off while it starts: one of the two is of before.
  if (system.powered == Powered::Off && text(at(document, "Status", "State")) == "Starting") system.powered = Powered::Unknown;
  system.turns_itself_on = text(at(document, "PowerRestorePolicy")) == "AlwaysOn";
  const Json& reset = at(document, "Actions", "#ComputerSystem.Reset");
  system.reset = {text(at(reset, "target")), texts(at(reset, "ResetType@Redfish.AllowableValues")),
                  text(at(reset, "@Redfish.ActionInfo"))};
  system.chassis = links(at(links_of(document), "Chassis"));
  return system;
}

std::vector<std::string> read_action_info(const Json& document) {
  const Json& parameters = at(document, "Parameters");
  if (!parameters.is_array()) return {};
  for (const Json& parameter : parameters) {
    if (text(at(parameter, "Name")) == "ResetType") return texts(at(parameter, "AllowableValues"));
  }
  return {};
}

bool same_machine(std::string_view uuid, std::string_view node_uuid) {
  const std::string theirs = digits_of(uuid);
  const std::string ours = digits_of(node_uuid);
  return !theirs.empty() && !ours.empty() && (theirs == ours || swapped(theirs) == ours);
}

}  // namespace drover::redfish
