#include "model/vm.h"

namespace drover {

std::string_view to_string(VmPhase phase) {
  switch (phase) {
    case VmPhase::Unset: return "";
    case VmPhase::Pending: return "Pending";
    case VmPhase::Scheduling: return "Scheduling";
    case VmPhase::Scheduled: return "Scheduled";
    case VmPhase::Running: return "Running";
    case VmPhase::Succeeded: return "Succeeded";
    case VmPhase::Failed: return "Failed";
    case VmPhase::Unknown: return "Unknown";
  }
  return "Unknown";
}

}  // namespace drover
