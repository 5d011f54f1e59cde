// One node's life: which step is due, under the policy that governs it or when that no longer does (core/node_life.h). Pure.
#pragma once

#include <functional>
#include <string>

#include "core/node_life.h"
#include "core/node_power.h"
#include "core/reserve.h"

namespace drover {

// What the steps of all nodes look at.
struct Surroundings {
  const ClusterView& view;
  const PowerTable& power;
  const CoreOptions& options;
  const Plan& plan;
  const Drains& drains;
  const Fleet& fleet;
  const std::function<const Reserve&()>& reserve;  // reckoned when it is first asked for
  Instant now{};
};

// What is to become of the node as to wake tests (core/wake_tests.h).
struct TestStep {
  bool open = false;    // the window
  bool begins = false;  // it is the node's turn
};

// `since`: since when the node has been in its life. `order`: what the strategy ordered, or null.
[[nodiscard]] LifeStep step_under(const Surroundings& around, const Policy& policy, const ConsolidationSettings& settings,
                                  const Node& node, Instant since, const StandingOrder* order, TestStep test);
// `why` its policy no longer has it at rest.
[[nodiscard]] LifeStep step_released(const Surroundings& around, const PolicyRef& policy, const Node& node, Instant since,
                                     const std::string& why);

}  // namespace drover
