// How a policy stands: for its status, and for explanations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "consolidate/strategy.h"
#include "model/policy.h"

namespace drover {

// Whether Drover can act on the policy at all; otherwise the reason and one sentence with the fix.
struct Readiness {
  bool ready = true;
  bool stalled = false;  // only a change by a person helps
  ConditionReason reason = ConditionReason::Watching;
  std::string message;
  std::vector<std::string> idle_fields{};  // as RuleReport has them
};

// What a strategy ordered of a node.
struct OrderReport {
  std::string node;
  NodeOrder::Act act = NodeOrder::Act::Retire;
  std::string reason;
  std::string held_up;  // why it is not carried out now, or ""
};

// What came of the last round of a strategy.
struct RoundReport {
  Instant held{};
  Instant next{};
  std::vector<OrderReport> orders;
  std::vector<std::string> notes;
};

// What the rule of its type says.
struct RuleReport {
  std::optional<Error> problem{};  // why what it asked for cannot be read, so that it moves nothing
  bool waits = false;              // for the first answer: there is nothing to say about VMs yet
  std::int64_t breaching = 0;      // VMs
  std::vector<std::string>
      remarks{};        // what people should know though the policy acts, a sentence each, without figures that change
  std::string wants{};  // "CPU delay above 0.2 for 1m", or ""
  std::vector<std::string>
      idle_fields{};  // that an author wrote and that change nothing, with why: "spec.consolidation.lowLoad (only ...)"
  std::optional<RoundReport> round{};
};

struct PolicyReport {
  PolicyRef policy;
  Readiness ready;
  RuleReport rule;
};

}  // namespace drover
