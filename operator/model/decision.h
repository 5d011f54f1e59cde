// Decision: what was decided about one VM, with everything needed to say why: the reason, the losers, the figures. Status, Event
// text, log, metrics and `drover explain` all render from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/object.h"
#include "model/policy.h"
#include "model/reason.h"

namespace drover {

// A node that was looked at as a target.
struct Candidate {
  std::string node;
  bool feasible = false;
  std::vector<std::string> obstacles;    // why not, each a sentence part: "taint dedicated=gpu:NoSchedule is not tolerated"
  std::optional<double> pressure_after;  // the larger of CPU demand and memory use over what the node has, with the VM on it
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

struct MoveCost {
  double copy_bytes = 0;
  double bandwidth_bytes_per_second = 0;
  std::optional<double> dirty_bytes_per_second;
  Duration duration{};
  Duration downtime{};  // estimated
};

struct Decision {
  ObjectKey vm;
  PolicyRef policy;
  PolicyMode mode = PolicyMode::Recommend;
  Reason reason = Reason::NotBreached;
  bool move = false;            // chosen: created (Enforce) or recommended (Recommend)
  std::string message;          // one sentence for the owner
  std::string assumes;          // what a move rests on that is not known and was taken to be so, or ""
  std::optional<double> value;  // of the signal
  std::optional<Instant> breached_since;
  std::string source;
  std::string target;
  std::optional<double> pressure_now;    // of the source
  std::optional<double> pressure_after;  // of the target
  std::optional<MoveCost> cost;
  // By name, when a target was looked for: those up to the best that can take it, and some that come after it; when consolidation
  // names the target, that one.
  std::vector<Candidate> candidates;
  std::optional<Instant> not_before;  // when waiting ends, if known
};

}  // namespace drover
