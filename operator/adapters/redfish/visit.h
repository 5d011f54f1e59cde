// One call about one node: whose turn it is, the conversation, and what is known of the node's system.
//
// Thread safety: one thread at a time.
#pragma once

#include <memory>
#include <string>

#include "adapters/redfish/bmc.h"
#include "adapters/redfish/conversation.h"
#include "adapters/redfish/find_system.h"
#include "adapters/redfish/resources.h"
#include "model/power.h"

namespace drover::redfish {

class Visit {
 public:
  Visit(Conversation& conversation, Known& known, const NodeDriver& target) : with_(conversation), known_(known), target_(target) {}

  // The node's system as it is now; found first, when it is not known or no longer where it was.
  [[nodiscard]] Result<ComputerSystem> read_system();
  // What its meter says; empty when it has none that can be believed.
  [[nodiscard]] std::optional<MeterReading> read_meter(const ComputerSystem& system, Duration now);
  // Gives the order, unless the system has carried it out already. What the answer leaves open, the system's state decides.
  [[nodiscard]] Status order(PowerRequest request);

 private:
  Status find();
  Result<ComputerSystem> read_known_system();
  // The system as it was read twice, some seconds apart, saying the same each time: for a button that toggles.
  Result<ComputerSystem> read_twice(const ComputerSystem& first);
  Status settle(PowerRequest request, const Error& refused);
  [[nodiscard]] Error about_node(const Error& error) const;

  Conversation& with_;
  Known& known_;
  const NodeDriver& target_;
};

}  // namespace drover::redfish
