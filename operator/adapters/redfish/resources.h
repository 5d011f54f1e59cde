// Redfish's resources, as far as switching a node depends on them: the service root, collections, ComputerSystem. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/redfish/document.h"
#include "model/power_table.h"

namespace drover::redfish {

inline constexpr std::string_view kServiceRoot = "/redfish/v1/";

// Links; "" where there is none.
struct ServiceRoot {
  std::string systems;
  std::string chassis;
  std::string sessions;  // Links.Sessions: SessionService needs credentials on many controllers
};
[[nodiscard]] ServiceRoot read_service_root(const Json& document);

// One page of a collection.
struct Collection {
  std::vector<std::string> members;  // links
  std::string next;                  // Members@odata.nextLink, or ""
};
[[nodiscard]] Collection read_collection(const Json& document);

// #ComputerSystem.Reset of a system.
struct ResetAction {
  std::string target;                // as the controller says; "": there is none
  std::vector<std::string> allowed;  // ResetType@Redfish.AllowableValues
  std::string action_info;           // link to more of them, or ""
};

struct ComputerSystem {
  std::string id;
  std::string uuid;
  std::string type;  // SystemType: "Physical", or "" where it does not say
  Powered powered = Powered::Unknown;
  bool changing = false;         // PoweringOn or PoweringOff:
  bool goes_on = false;          // which of the two
  bool turns_itself_on = false;  // PowerRestorePolicy AlwaysOn
  ResetAction reset;
  std::vector<std::string> chassis;  // links
};
[[nodiscard]] ComputerSystem read_computer_system(const Json& document);

// What an ActionInfo lists for ResetType.
[[nodiscard]] std::vector<std::string> read_action_info(const Json& document);

// Whether a system's UUID is that of a node, also when one of the two takes its first three groups for numbers of another byte
// order. False when either is empty.
[[nodiscard]] bool same_machine(std::string_view uuid, std::string_view node_uuid);

}  // namespace drover::redfish
