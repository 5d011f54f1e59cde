#include "core/idle_fields.h"

#include <algorithm>

namespace drover {

std::vector<std::string> idle_fields(const ConsolidationSettings& settings, const ClusterView& view) {
  std::vector<std::string> found;
  const ConsolidationSettings defaults;
  const auto add = [&](bool idle, const char* field, const char* why) {
    if (idle) found.push_back("spec.consolidation." + std::string(field) + " (" + why + ")");
  };
  const bool balanced = settings.strategy == ConsolidationStrategy::Balanced;
  add(settings.low_load != defaults.low_load && settings.strategy != ConsolidationStrategy::Fuzzy, "lowLoad",
      "only strategy Fuzzy looks at it");
  add(settings.retirement_threshold != defaults.retirement_threshold && balanced, "retirementThreshold",
      "strategy Balanced does not look at it");
  add(settings.move_cost_joules != defaults.move_cost_joules && !balanced, "moveCostJoules", "only strategy Balanced looks at it");
  const auto& power = settings.power_down;
  add(power.after != defaults.power_down.after && !power.enabled, "powerDown.after", "powerDown.enabled is false");
  add(power.wake_test && !power.enabled, "powerDown.wakeTest", "powerDown.enabled is false");
  add(power.forecast != defaults.power_down.forecast && !power.enabled, "powerDown.forecast", "powerDown.enabled is false");
  const bool switched = power.enabled && std::any_of(view.nodes.begin(), view.nodes.end(), [&](const auto& entry) {
                          return settings.nodes.matches(entry.second->labels) && view.power_driver(*entry.second);
                        });
  add(power.enabled && !switched, "powerDown.enabled", "no PowerProfile gives any of its nodes a driver");
  return found;
}

}  // namespace drover
