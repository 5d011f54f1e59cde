// What happens to the core. The view itself comes beside the event: it is already up to date.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "base/result.h"
#include "model/policy.h"
#include "model/power_table.h"
#include "model/use.h"

namespace drover {

// Names one effect, so that its outcome can be told. Unique within a process; never 0.
using EffectId = std::uint64_t;

struct ViewChanged {};  // something in the view is not what it was
struct Tick {};         // a time that StepResult::wake_at named has come
struct LeadershipChanged {
  bool leading = false;
};
struct SignalSampled {  // answers SampleSignal
  EffectId id = 0;
  PolicyRef policy;
  Result<SignalTable> table;
};
struct UseSampled {  // answers SampleUse
  EffectId id = 0;
  Result<UseTable> table;
};
struct PowerSampled {  // answers SamplePower
  EffectId id = 0;
  std::string node;
  Result<PowerAnswer> answer;
};
class Strategy;       // consolidate/strategy.h
struct RoundOutcome;  // core/round.h
struct RoundMemory;   // likewise
struct RoundHeld {    // answers HoldRound
  EffectId id = 0;
  PolicyRef policy;
  std::shared_ptr<Strategy> strategy;   // that was lent,
  std::shared_ptr<RoundMemory> memory;  // and so was this
  Result<std::shared_ptr<const RoundOutcome>> outcome;
};
// Answers CreateMigration, CancelMigration, WriteStatus, Announce, MarkNode, SwitchPower, EvictPod, WriteProfileStatus. For a
// create the value is the uid of the object. UnknownOutcome never reaches the core: the executor reads by name until it knows, or
// until nothing could be read for so long (act/create.cc) that it says Retryable.
struct EffectDone {
  EffectId id = 0;
  Result<std::string> outcome;
};

using Event = std::variant<ViewChanged, Tick, LeadershipChanged, SignalSampled, UseSampled, PowerSampled, RoundHeld, EffectDone>;

}  // namespace drover
