#include "ports/power_driver.h"

namespace drover {

Result<PowerDriver*> PowerDrivers::of(const std::string& node, const NodeDriver& driver) const {
  if (const auto at = drivers_.find(driver.kind); at != drivers_.end()) return at->second;
  return Error{ErrorClass::Invalid, "PowerProfile " + driver.profile + " names driver " + std::string(to_string(driver.kind)) +
                                        " for node " + node +
                                        ", which this version of Drover does not carry out; the node is left on (write driver: " +
                                        "{type: None} in the profile to have it so)"};
}

}  // namespace drover
