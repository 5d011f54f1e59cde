// Wake tests: in the window of powerDown.wakeTest a node that has not been off and back for long, or that is in quarantine, is put
// through one sleep and wake, so that one that would not wake is found when nobody needs it. One node of a policy at a time. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/options.h"
#include "core/roster.h"
#include "model/cluster_view.h"

namespace drover {

inline constexpr std::string_view kWakeTest = "it is put through a wake test (spec.consolidation.powerDown.wakeTest)";

struct WakeTests {
  bool open = false;                     // the window
  std::optional<Instant> looks_again{};  // when it opens next
  std::vector<const Node*> next{};       // whom to try, in order; none while one is under way
};

// Those in quarantine first, each once while a window is open; then those that cost least: that sleep, are empty, or have fewer
// VMs.
[[nodiscard]] WakeTests wake_tests(const ClusterView& view, const Roster& roster, const Policy& policy,
                                   const ConsolidationSettings& settings, const CoreOptions& options, Instant now);

}  // namespace drover
