// The types of policies that Drover acts on.
#pragma once

#include <memory>

#include "consolidate/guard.h"
#include "core/rule.h"
#include "core/signal_offer.h"

namespace drover {

using StrategyMaker = std::unique_ptr<Strategy> (*)(const ConsolidationSettings&);

// What is made of something that must last for a time, when it holds at first sight and the policy's status knows nothing of it.
enum class FirstSight {
  BeginsThen,
  HasLasted,  // for long enough: whoever looks but once cannot wait, and says what was assumed
};

[[nodiscard]] RuleMaker make_rules(SignalOffer offer = {}, StrategyMaker strategies = make_guarded,
                                   FirstSight first_sight = FirstSight::BeginsThen);

}  // namespace drover
