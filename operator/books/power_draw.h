// What a node draws in each of its power states, and under the control of its frequency.
//
// A boot and a shutdown draw their joules evenly over their time. Units: watts; utilization is the share of the node's CPU in use.
// Pure functions.
#pragma once

#include "model/power.h"

namespace drover {

enum class PowerState { On, ShuttingDown, Off, Booting, Dead };  // Dead: it failed, and draws nothing

// Of a node that is on. With frequency steps the CPU runs at the slowest that serves the load: between idle and that step's maximum
// in proportion to the share of the step in use (the papers' DVFS). Without: the model's curve.
[[nodiscard]] double drawn_watts(const PowerModel& model, double utilization);

// In any state; utilization counts only when On.
[[nodiscard]] double drawn_watts(const PowerModel& model, PowerState state, double utilization);

}  // namespace drover
