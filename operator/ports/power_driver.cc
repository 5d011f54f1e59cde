#include "ports/power_driver.h"

namespace drover {

Result<PowerDriver*> PowerDrivers::of(const NodeDriver& target) const {
  const PowerProfile& profile = *target.profile;
  if (const auto at = drivers_.find(profile.driver); at != drivers_.end()) return at->second;
  return Error{ErrorClass::Invalid, "PowerProfile " + profile.name + " names driver " + std::string(to_string(profile.driver)) +
                                        " for node " + target.node->name +
                                        ", which this version of Drover does not carry out; the node is left on (write driver: " +
                                        "{type: None} in the profile to have it so)"};
}

}  // namespace drover
