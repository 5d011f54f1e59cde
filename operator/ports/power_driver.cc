#include "ports/power_driver.h"

#include <algorithm>

namespace drover {
namespace {

Error not_carried_out(const NodeDriver& target) {
  const PowerProfile& profile = *target.profile;
  return {ErrorClass::Invalid, "PowerProfile " + profile.name + " names driver " + std::string(to_string(profile.driver)) +
                                   " for node " + target.node->name +
                                   ", which this version of Drover does not carry out; the node is left on (write driver: " +
                                   "{type: None} in the profile to have it so)"};
}

}  // namespace

Status carried_out(const NodeDriver& target) {
  const bool known = std::find(kCarriedOut.begin(), kCarriedOut.end(), target.profile->driver) != kCarriedOut.end();
  return known ? ok() : Status(not_carried_out(target));
}

Result<PowerDriver*> PowerDrivers::of(const NodeDriver& target) const {
  if (const auto at = drivers_.find(target.profile->driver); at != drivers_.end()) return at->second;
  return not_carried_out(target);
}

}  // namespace drover
