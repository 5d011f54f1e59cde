// Nodes as power drivers are told of them, for tests.
#pragma once

#include <memory>
#include <string>

#include "model/power.h"

namespace drover::test {

inline NodeDriver driven(const std::string& node, PowerDriverKind kind = PowerDriverKind::Redfish,
                         const std::string& profile = "rack-a", DriverSettings settings = {}) {
  PowerProfile by;
  by.name = profile;
  by.driver = kind;
  by.settings = std::move(settings);
  Node target;
  target.name = node;
  return {std::make_shared<const PowerProfile>(std::move(by)), std::make_shared<const Node>(std::move(target))};
}

}  // namespace drover::test
