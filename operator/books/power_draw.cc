#include "books/power_draw.h"

#include <algorithm>

namespace drover {
namespace {

double spread(double joules, Duration over) {
  return over > Duration::zero() ? joules / to_seconds(over) : 0;
}

}  // namespace

double drawn_watts(const PowerModel& model, double utilization) {
  if (model.frequency_steps.empty()) return model.watts_at(utilization);
  const double load = std::clamp(utilization, 0.0, 1.0);
  const FrequencyStep* step = &model.frequency_steps.back();
  for (const FrequencyStep& candidate : model.frequency_steps) {
    if (candidate.speed < load) continue;
    step = &candidate;
    break;
  }
  const double share = step->speed > 0 ? std::min(1.0, load / step->speed) : 0;
  return model.idle_watts() + (step->max_watts - model.idle_watts()) * share;
}

double drawn_watts(const PowerModel& model, PowerState state, double utilization) {
  switch (state) {
    case PowerState::On: return drawn_watts(model, utilization);
    case PowerState::ShuttingDown: return spread(model.shutdown_joules, model.shutdown);
    case PowerState::Off: return model.standby_watts;
    case PowerState::Booting: return spread(model.boot_joules, model.boot);
    case PowerState::Dead: return 0;
  }
  return 0;
}

}  // namespace drover
