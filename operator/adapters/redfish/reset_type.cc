#include "adapters/redfish/reset_type.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace drover::redfish {
namespace {

constexpr std::string_view kPress = "PushPowerButton";

constexpr std::array<std::string_view, 13> kKnown{
    "On",   "ForceOff",   "GracefulShutdown", "GracefulRestart", "ForceRestart", "Nmi",           "ForceOn",
    kPress, "PowerCycle", "Suspend",          "Pause",           "Resume",       "FullPowerCycle"};

std::vector<std::string_view> preferred(PowerRequest request) {
  switch (request) {
    case PowerRequest::On: return {"On", "ForceOn", kPress};
    case PowerRequest::GracefulOff: return {"GracefulShutdown", kPress};
    case PowerRequest::ForceOff: break;
  }
  return {"ForceOff"};  // never another: a system that is asked to end may refuse
}

}  // namespace

Result<ResetType> reset_type(PowerRequest request, const std::vector<std::string>& allowed) {
  const auto in = [](std::string_view value, const auto& list) { return std::find(list.begin(), list.end(), value) != list.end(); };
  const auto choices = preferred(request);
  const bool sound =
      !allowed.empty() && std::all_of(allowed.begin(), allowed.end(), [&](const auto& value) { return in(value, kKnown); });
  for (const std::string_view choice : choices) {
    // Of a list that is not to be trusted no press of a button is taken in place of what it may just have garbled.
    if (in(choice, allowed) && (sound || choice != kPress)) return ResetType{std::string(choice), choice == kPress};
  }
  if (!sound) return ResetType{std::string(choices.front())};
  std::string list;
  for (const std::string& value : allowed) list += (list.empty() ? "" : ", ") + value;
  return Error{ErrorClass::Invalid, "the controller has no ResetType for " + std::string(to_string(request)) + " (want " +
                                        std::string(choices.front()) + ", it has " + list + ")"};
}

}  // namespace drover::redfish
