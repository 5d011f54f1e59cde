// Which of a management controller's computer systems a node is. Never simply the first: on some trays that is a board of GPUs.
#pragma once

#include <string>

#include "adapters/redfish/conversation.h"
#include "adapters/redfish/resources.h"

namespace drover::redfish {

// What a node is known by.
struct Wanted {
  std::string system_id;  // as the profile says, {node} replaced; "" where it does not
  std::string uuid;       // status.nodeInfo.systemUUID; "" when unknown
};

// The system's link: that of the id; else that with the node's UUID; else the only one, unless its UUID is another's.
// Invalid when that leaves none, or several: lists them and says what to write.
[[nodiscard]] Result<std::string> find_system(Conversation& with, const ServiceRoot& root, const Wanted& wanted);

// All members of a collection, page by page.
[[nodiscard]] Result<std::vector<std::string>> members_of(Conversation& with, const std::string& collection);

}  // namespace drover::redfish
