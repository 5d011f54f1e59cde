#include "model/power.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace drover {
namespace {

constexpr std::string_view kDrivers[] = {"None", "Redfish", "Metal3", "WakeOnLAN", "Libvirt"};  // as PowerDriverKind

}  // namespace

std::string_view to_string(PowerDriverKind kind) {
  return kDrivers[static_cast<std::size_t>(kind)];
}

std::optional<PowerDriverKind> power_driver_kind(std::string_view name) {
  const auto* const at = std::find(std::begin(kDrivers), std::end(kDrivers), name);
  if (at == std::end(kDrivers)) return std::nullopt;
  return static_cast<PowerDriverKind>(at - std::begin(kDrivers));
}

std::string_view to_string(ProfileReason reason) {
  switch (reason) {
    case ProfileReason::Acting: return "Acting";
    case ProfileReason::NoDriver: return "NoDriver";
    case ProfileReason::NoNodes: return "NoNodes";
    case ProfileReason::DriverFails: return "DriverFails";
  }
  return "Unknown";
}

std::string_view to_string(PowerRequest request) {
  switch (request) {
    case PowerRequest::On: return "On";
    case PowerRequest::GracefulOff: return "GracefulOff";
    case PowerRequest::ForceOff: return "ForceOff";
  }
  return "unknown";
}

double PowerModel::watts_at(double utilization) const {
  const double position = std::clamp(utilization, 0.0, 1.0) * 10;
  const auto below = std::min<std::size_t>(static_cast<std::size_t>(position), 9);
  const double beyond = position - static_cast<double>(below);
  return watts[below] + (watts[below + 1] - watts[below]) * beyond;
}

std::array<double, 11> PowerModel::table(Curve curve, double idle_watts, double max_watts) {
  std::array<double, 11> figures{};
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const double u = static_cast<double>(i) / 10;
    double share = u;
    switch (curve) {
      case Curve::Linear: break;
      case Curve::Square: share = u * u; break;
      case Curve::Cubic: share = u * u * u; break;
      case Curve::SquareRoot: share = std::sqrt(u); break;
    }
    figures[i] = idle_watts + (max_watts - idle_watts) * share;
  }
  return figures;
}

}  // namespace drover
